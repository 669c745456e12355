#include "compute/linear.h"

#include <torch/autograd.h>
#include <torch/types.h>

#include <algorithm>

#include "compute/dense_tasks.h"
#include "compute/fused_layers.h"
#include "compute/gradients.h"
#include "compute/linear_gradient_kernel.h"
#include "compute/parallel.h"
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

bool dense(const torch::Tensor& x, const torch::Tensor& weight) {
  TORCH_CHECK(weight.dim() == 2 && x.dim() >= 1 && x.size(-1) == weight.size(1), "linear layer ",
              weight.sizes(), " of ", x.sizes());
  return x.is_cpu() && x.scalar_type() == torch::kFloat32 && x.numel() > 0 &&
         dense_weight_type(weight);
}

// [outputs, inputs] from x [rows, inputs] and dy [rows, outputs].
torch::Tensor weight_gradient(const torch::Tensor& x, const torch::Tensor& dy) {
  LinearWeightGradient gradient;
  gradient.rows = x.size(0);
  gradient.inputs = x.size(1);
  gradient.outputs = dy.size(1);
  gradient.x = x.data_ptr<float>();
  gradient.dy = dy.data_ptr<float>();
  const torch::Tensor dw = torch::empty({gradient.outputs, gradient.inputs});
  gradient.dw = dw.data_ptr<float>();
  constexpr std::int64_t kOutputs = 24;  // of a task: whole register tiles
  run_tasks((gradient.outputs + kOutputs - 1) / kOutputs, 0, [&](std::int64_t task, float*) {
    linear_weight_gradient(vector_isa(), gradient, task * kOutputs,
                           std::min(gradient.outputs, (task + 1) * kOutputs));
  });
  return dw;
}

using OptionalTensor = c10::optional<torch::Tensor>;

torch::Tensor or_undefined(const OptionalTensor& tensor) {
  return tensor.has_value() ? *tensor : torch::Tensor();
}

OptionalTensor given(const torch::Tensor& tensor) {
  return tensor.defined() ? OptionalTensor(tensor) : OptionalTensor();
}

class DenseLinear : public torch::autograd::Function<DenseLinear> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight, const OptionalTensor& bias,
                               const OptionalTensor& residual) {
    context->save_for_backward({x, weight});
    context->saved_data["bias"] = or_undefined(bias).defined();
    context->saved_data["residual"] = or_undefined(residual).defined();
    return dense_linear(x, weight, or_undefined(bias), or_undefined(residual), false);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    require_first_order("the linear layer");
    const auto saved = context->get_saved_variables();
    const torch::Tensor &x = saved[0], &weight = saved[1];
    const torch::Tensor dy = gradients[0].contiguous();
    const torch::Tensor rows = dy.view({-1, weight.size(0)});
    torch::autograd::variable_list result(4);
    if (context->needs_input_grad(0)) {
      result[0] = dense_linear(dy, weight.t().contiguous(), {}, {}, false);
    }
    if (context->needs_input_grad(1)) {
      result[1] = weight_gradient(x.contiguous().view({-1, weight.size(1)}), rows);
    }
    // Inputs are counted without those that were not given.
    std::size_t input = 2;
    if (context->saved_data["bias"].toBool() && context->needs_input_grad(input++)) {
      result[2] = rows.sum(0);
    }
    if (context->saved_data["residual"].toBool() && context->needs_input_grad(input)) {
      result[3] = dy;
    }
    return result;
  }
};

// Whether the kernels have a gradient for these; the weight in particular.
bool differentiable(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                    const torch::Tensor& residual) {
  const auto plain = [](const torch::Tensor& tensor) {
    return !tensor.defined() || tensor.scalar_type() == torch::kFloat32;
  };
  return plain(weight) && plain(bias) && plain(residual) && x.size(-1) % kLinearGradientInputs == 0;
}

}  // namespace

torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                     const torch::Tensor& residual) {
  if (dense(x, weight)) {
    if (!needs_gradient({x, weight, bias, residual})) {
      return dense_linear(x, weight, bias, residual, false);
    }
    if (differentiable(x, weight, bias, residual)) {
      return DenseLinear::apply(x, weight, given(bias), given(residual));
    }
  }
  const auto type = x.scalar_type();
  const torch::Tensor out =
      torch::linear(x, weight.to(type), bias.defined() ? bias.to(type) : bias);
  return residual.defined() ? out + residual : out;
}

torch::Tensor linear_geglu(const torch::Tensor& x, const torch::Tensor& weight,
                           const torch::Tensor& bias) {
  TORCH_CHECK(weight.dim() == 2 && weight.size(0) % 2 == 0, "geglu of ", weight.sizes());
  if (dense(x, weight) && !needs_gradient({x, weight, bias})) {
    return dense_linear(x, weight, bias, {}, true);
  }
  return geglu(compute::linear(x, weight, bias));
}

}  // namespace ersatz::compute
