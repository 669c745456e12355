#include "models/pool_relu.h"

#include <torch/autograd.h>
#include <torch/types.h>

#include "compute/parallel.h"
#include "models/pool_relu_kernel.h"

namespace ersatz::models {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

PoolShape shape_of(at::IntArrayRef sizes) { return {sizes[2], sizes[3], sizes[1]}; }

// An uninitialised [B, C, H, W] tensor in memory order [B, H, W, C]. Made through a permutation
// because for one channel libtorch would consider both orders the same.
torch::Tensor empty_nhwc(std::int64_t b, std::int64_t c, std::int64_t h, std::int64_t w,
                         torch::ScalarType type) {
  return torch::empty({b, h, w, c}, type).permute({0, 3, 1, 2});
}

torch::Tensor as_nhwc(const torch::Tensor& x) {
  return x.permute({0, 2, 3, 1}).contiguous().permute({0, 3, 1, 2});
}

class PoolRelu : public torch::autograd::Function<PoolRelu> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& input,
                               bool with_gradient) {
    const torch::Tensor x = as_nhwc(input);
    const PoolShape shape = shape_of(x.sizes());
    const std::int64_t batch = x.size(0), rows = shape.height / 2, columns = shape.width / 2;
    torch::Tensor y = empty_nhwc(batch, shape.channels, rows, columns, torch::kFloat32);
    torch::Tensor winner;
    if (with_gradient) winner = torch::empty({batch, rows, columns, shape.channels}, torch::kUInt8);
    const float* in = x.data_ptr<float>();
    float* out = y.data_ptr<float>();
    std::uint8_t* which = with_gradient ? winner.data_ptr<std::uint8_t>() : nullptr;
    const std::int64_t in_step = shape.height * shape.width * shape.channels;
    const std::int64_t out_step = rows * columns * shape.channels;
    compute::parallel_for(batch, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        pool_relu_forward(in + i * in_step, out + i * out_step,
                          which == nullptr ? nullptr : which + i * out_step, shape);
      }
    });
    context->saved_data["sizes"] = x.sizes().vec();
    context->save_for_backward({winner});
    return y;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const torch::Tensor gradient = as_nhwc(gradients[0]);
    const torch::Tensor winner = context->get_saved_variables()[0];
    const std::vector<std::int64_t> sizes = context->saved_data["sizes"].toIntVector();
    const PoolShape shape = shape_of(sizes);
    torch::Tensor result = empty_nhwc(sizes[0], sizes[1], sizes[2], sizes[3], torch::kFloat32);
    const std::int64_t in_step = shape.height * shape.width * shape.channels;
    const std::int64_t out_step = (shape.height / 2) * (shape.width / 2) * shape.channels;
    const float* from = gradient.data_ptr<float>();
    const std::uint8_t* which = winner.data_ptr<std::uint8_t>();
    float* to = result.data_ptr<float>();
    compute::parallel_for(sizes[0], 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        pool_relu_backward(from + i * out_step, which + i * out_step, to + i * in_step, shape);
      }
    });
    return {result, {}};
  }
};

}  // namespace

torch::Tensor pool_relu(const torch::Tensor& x) {
  if (!x.is_cpu() || x.scalar_type() != torch::kFloat32) {
    return torch::relu(torch::max_pool2d(x, 2));
  }
  return PoolRelu::apply(x, torch::GradMode::is_enabled() && x.requires_grad());
}

}  // namespace ersatz::models
