#include "compute/linear.h"

#include <torch/torch.h>

#include "compute/dense_tasks.h"
#include "compute/fused_layers.h"
#include "compute/gradients.h"
#include "compute/tensor_memory.h"

namespace ersatz::compute {

namespace {

torch::Tensor dense_linear(const torch::Tensor& input, const torch::Tensor& weight,
                           const torch::Tensor& bias, const torch::Tensor& residual, bool geglu) {
  const torch::Tensor x = input.contiguous();
  std::vector<std::int64_t> sizes = x.sizes().vec();
  sizes.back() = geglu ? weight.size(0) / 2 : weight.size(0);
  torch::Tensor out = empty_result(sizes);
  const torch::Tensor added = residual.defined() ? residual.contiguous() : residual;
  const torch::Tensor start = bias.defined() ? bias.to(torch::kFloat32).contiguous() : bias;
  DenseProblem problem;
  problem.inputs = weight.size(1);
  problem.outputs = weight.size(0);
  problem.rows = problem.bias_rows = x.numel() / problem.inputs;
  problem.weight = weight.stride(1) == 1 ? weight : weight.contiguous();
  problem.output_stride = problem.weight.stride(0);
  problem.out = out.data_ptr<float>();
  problem.geglu = geglu;
  if (added.defined()) problem.residual = added.data_ptr<float>();
  if (start.defined()) problem.bias = start.data_ptr<float>();
  const float* from = x.data_ptr<float>();
  const std::int64_t inputs = problem.inputs;
  problem.locate = [=](std::int64_t first, std::int64_t count, const DenseRows& rows) {
    for (std::int64_t r = 0; r < count; ++r) {
      rows.sources[r] = from + (first + r) * inputs;
      rows.outputs[r] = first + r;
    }
  };
  run_dense(problem);
  return out;
}

bool dense(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
           const torch::Tensor& residual) {
  TORCH_CHECK(weight.dim() == 2 && x.dim() >= 1 && x.size(-1) == weight.size(1), "linear layer ",
              weight.sizes(), " of ", x.sizes());
  return x.is_cpu() && x.scalar_type() == torch::kFloat32 && x.numel() > 0 &&
         dense_weight_type(weight) && !needs_gradient({x, weight, bias, residual});
}

}  // namespace

torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                     const torch::Tensor& residual) {
  if (dense(x, weight, bias, residual)) return dense_linear(x, weight, bias, residual, false);
  const auto type = x.scalar_type();
  const torch::Tensor out =
      torch::linear(x, weight.to(type), bias.defined() ? bias.to(type) : bias);
  return residual.defined() ? out + residual : out;
}

torch::Tensor linear_geglu(const torch::Tensor& x, const torch::Tensor& weight,
                           const torch::Tensor& bias) {
  TORCH_CHECK(weight.dim() == 2 && weight.size(0) % 2 == 0, "geglu of ", weight.sizes());
  if (dense(x, weight, bias, {})) return dense_linear(x, weight, bias, {}, true);
  return geglu(compute::linear(x, weight, bias));
}

}  // namespace ersatz::compute
