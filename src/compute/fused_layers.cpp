#include "compute/fused_layers.h"

#include <torch/types.h>

#include <algorithm>
#include <vector>

#include "compute/cuda/fused_layers.h"
#include "compute/fused_gradients.h"
#include "compute/fused_kernel.h"
#include "compute/gradients.h"
#include "compute/group_norm.h"
#include "compute/parallel.h"
#include "compute/tensor_memory.h"

namespace ersatz::compute {

namespace {

constexpr double kQuickGeluSlope = 1.702;
using Tensors = std::initializer_list<std::reference_wrapper<const torch::Tensor>>;

// Whether the kernels know the type and the place of all of them.
bool served(Tensors all) {
  for (const torch::Tensor& tensor : all) {
    if (!tensor.defined() || !tensor.is_cpu() || tensor.scalar_type() != torch::kFloat32 ||
        tensor.numel() == 0) {
      return false;
    }
  }
  return true;
}

bool plain(Tensors all) { return served(all) && !needs_gradient(all); }

// An uninitialised tensor of the sizes and memory format of x, contiguous or channels-last.
torch::Tensor result_like(const torch::Tensor& x) {
  if (x.is_contiguous()) return empty_result(x.sizes());
  return empty_channels_last(x.size(0), x.size(1), x.size(2), x.size(3));
}

}  // namespace

torch::Tensor group_norm(torch::Tensor x, std::int64_t groups, const torch::Tensor& weight,
                         const torch::Tensor& bias, double epsilon, bool silu) {
  TORCH_CHECK(x.dim() == 4 && groups >= 1 && x.size(1) % groups == 0, "group norm of ", x.sizes(),
              " with ", groups, " groups");
  TORCH_CHECK(weight.numel() == x.size(1) && bias.numel() == x.size(1), "group norm of ", x.sizes(),
              " with weight ", weight.sizes());
  const GroupNormOptions options{groups, epsilon, silu};
  if (served({x, weight, bias}) && needs_gradient({x, weight, bias}) &&
      x.suggest_memory_format() == torch::MemoryFormat::ChannelsLast) {
    return differentiable_group_norm(x, weight, bias, options);
  }
  if (!needs_gradient({x, weight, bias})) {
    const bool overwrite = x.is_cuda() && owned_alone(x);
    if (auto y = cuda::group_norm(x, weight, bias, options, overwrite)) return *y;
  }
  if (!plain({x, weight, bias})) {
    const torch::Tensor y = torch::group_norm(x, groups, weight, bias, epsilon);
    return silu ? torch::silu(y) : y;
  }
  torch::Tensor in = x.contiguous(x.suggest_memory_format());
  x.reset();
  torch::Tensor out = owned_alone(in) ? in : result_like(in);
  const torch::Tensor w = weight.contiguous(), b = bias.contiguous();
  group_norm_forward(in, w, b, options, out);
  return out;
}

torch::Tensor join_channels(const torch::Tensor& x, const torch::Tensor& y) {
  const auto last = torch::MemoryFormat::ChannelsLast;
  if (!plain({x, y}) || !x.is_contiguous(last) || !y.is_contiguous(last)) {
    return torch::cat({x, y}, 1);
  }
  TORCH_CHECK(x.size(0) == y.size(0) && x.size(2) == y.size(2) && x.size(3) == y.size(3),
              "joining the channels of ", x.sizes(), " and ", y.sizes());
  const std::int64_t first = x.size(1), second = y.size(1);
  torch::Tensor out = empty_channels_last(x.size(0), first + second, x.size(2), x.size(3));
  const float *a = x.data_ptr<float>(), *b = y.data_ptr<float>();
  float* to = out.data_ptr<float>();
  parallel_for(x.size(0) * x.size(2) * x.size(3), grain_for(first + second),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   float* pixel = to + i * (first + second);
                   std::copy_n(a + i * first, first, pixel);
                   std::copy_n(b + i * second, second, pixel + first);
                 }
               });
  return out;
}

torch::Tensor layer_norm(const torch::Tensor& x, const torch::Tensor& weight,
                         const torch::Tensor& bias, double epsilon) {
  const std::int64_t width = x.size(-1);
  if (!needs_gradient({x, weight, bias})) {
    if (auto y = cuda::layer_norm(x, weight, bias, epsilon)) return *y;
  }
  if (!plain({x, weight, bias})) return torch::layer_norm(x, {width}, weight, bias, epsilon);
  TORCH_CHECK(weight.numel() == width && bias.numel() == width, "layer norm of ", x.sizes(),
              " with weight ", weight.sizes());
  const torch::Tensor in = x.contiguous(), w = weight.contiguous(), b = bias.contiguous();
  torch::Tensor out = empty_result(in.sizes());
  const float* from = in.data_ptr<float>();
  float* to = out.data_ptr<float>();
  const float* scale = w.data_ptr<float>();
  const float* shift = b.data_ptr<float>();
  parallel_for(in.numel() / width, grain_for(width), [&](std::int64_t begin, std::int64_t end) {
    layer_norm_rows(vector_isa(), from + begin * width, to + begin * width, end - begin, width,
                    scale, shift, epsilon);
  });
  return out;
}

torch::Tensor geglu(const torch::Tensor& x) {
  const std::int64_t width = x.size(-1) / 2;
  TORCH_CHECK(x.size(-1) == 2 * width, "geglu of an odd number of columns, ", x.sizes());
  if (served({x}) && needs_gradient({x})) return geglu_with_gradient(x);
  if (!needs_gradient({x})) {
    if (auto y = cuda::geglu(x)) return *y;
  }
  if (!plain({x})) {
    const std::vector<torch::Tensor> halves = x.chunk(2, -1);
    return halves[0] * torch::gelu(halves[1]);
  }
  const torch::Tensor in = x.contiguous();
  std::vector<std::int64_t> sizes = x.sizes().vec();
  sizes.back() = width;
  torch::Tensor out = empty_result(sizes);
  const float* from = in.data_ptr<float>();
  float* to = out.data_ptr<float>();
  parallel_for(out.numel() / width, grain_for(width), [&](std::int64_t begin, std::int64_t end) {
    geglu_rows(vector_isa(), from + begin * 2 * width, to + begin * width, end - begin, width);
  });
  return out;
}

torch::Tensor quick_gelu(const torch::Tensor& x) {
  if (served({x}) && needs_gradient({x})) {
    return sigmoid_product_with_gradient(x, kQuickGeluSlope);
  }
  if (!plain({x})) return x * torch::sigmoid(kQuickGeluSlope * x);
  const torch::Tensor in = x.contiguous();
  torch::Tensor out = empty_result(in.sizes());
  const float* from = in.data_ptr<float>();
  float* to = out.data_ptr<float>();
  parallel_for(in.numel(), grain_for(1), [&](std::int64_t begin, std::int64_t end) {
    sigmoid_product(vector_isa(), from + begin, to + begin, end - begin,
                    static_cast<float>(kQuickGeluSlope));
  });
  return out;
}

}  // namespace ersatz::compute
