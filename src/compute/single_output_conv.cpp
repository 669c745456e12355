#include "compute/single_output_conv.h"

#include <torch/autograd.h>
#include <torch/types.h>

#include <algorithm>

#include "compute/linear.h"
#include "compute/linear_gradient_kernel.h"
#include "compute/parallel.h"
#include "compute/tensor_memory.h"

namespace ersatz::compute {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr std::int64_t kLanes = 16, kTile = 64;

struct Shape {
  std::int64_t batch, height, width;  // of the input
  std::int64_t kernel_height, kernel_width, padding;

  std::int64_t taps() const { return kernel_height * kernel_width; }
  // Filled up, so that products are computed in whole register tiles.
  std::int64_t width_of_products() const {
    const std::int64_t unit = taps() > kTile - kLanes ? kTile : kLanes;
    return (taps() + unit - 1) / unit * unit;
  }
  std::int64_t out_height() const { return height + 2 * padding - kernel_height + 1; }
  std::int64_t out_width() const { return width + 2 * padding - kernel_width + 1; }
};

// Calls visit(product, output, count) for runs of `count` input pixels of one row under one tap:
// the product of the first pixel with the tap is at products[product], those of the next ones
// width_of_products() further each; they belong to `count` neighbouring outputs from `output` on.
template <typename Visit>
void for_each_run(const Shape& shape, std::int64_t b, Visit visit) {
  for (std::int64_t y = 0; y < shape.height; ++y) {
    for (std::int64_t ky = 0; ky < shape.kernel_height; ++ky) {
      const std::int64_t out_y = y + shape.padding - ky;
      if (out_y < 0 || out_y >= shape.out_height()) continue;
      for (std::int64_t kx = 0; kx < shape.kernel_width; ++kx) {
        // Output column of input column x: x + padding - kx.
        const std::int64_t first = std::max<std::int64_t>(0, kx - shape.padding);
        const std::int64_t last = std::min(shape.width, shape.out_width() + kx - shape.padding);
        if (first >= last) continue;
        visit(((b * shape.height + y) * shape.width + first) * shape.width_of_products() +
                  ky * shape.kernel_width + kx,
              (b * shape.out_height() + out_y) * shape.out_width() + first + shape.padding - kx,
              last - first);
      }
    }
  }
}

// products [B, H, W, width] to their sums [B, H', W'].
torch::Tensor sum_of_products(const torch::Tensor& products, const Shape& shape) {
  torch::Tensor sums = torch::zeros({shape.batch, shape.out_height(), shape.out_width()});
  const float* from = products.data_ptr<float>();
  float* to = sums.data_ptr<float>();
  const std::int64_t width = shape.width_of_products();
  parallel_for(shape.batch, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) {
      for_each_run(shape, b, [=](std::int64_t product, std::int64_t output, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) to[output + i] += from[product + i * width];
      });
    }
  });
  return sums;
}

// The gradient of the above: where an output is the sum of a product, its gradient; 0 for products
// that fell outside and for those beyond the taps.
torch::Tensor products_gradient(const torch::Tensor& dy, const Shape& shape) {
  const std::int64_t width = shape.width_of_products();
  torch::Tensor gradient = empty_result({shape.batch, shape.height, shape.width, width});
  const float* from = dy.data_ptr<float>();
  float* to = gradient.data_ptr<float>();
  const std::int64_t picture = shape.height * shape.width * width;
  parallel_for(shape.batch, 1, [&](std::int64_t begin, std::int64_t end) {
    std::fill(to + begin * picture, to + end * picture, 0.0F);
    for (std::int64_t b = begin; b < end; ++b) {
      for_each_run(shape, b, [=](std::int64_t product, std::int64_t output, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) to[product + i * width] = from[output + i];
      });
    }
  });
  return gradient;
}

// [width, C]: the sum over pixels of the gradient of a product times the pixel. Computed as [C,
// width], which divides into more tasks.
torch::Tensor taps_gradient(const torch::Tensor& pixels, const torch::Tensor& gradient) {
  LinearWeightGradient problem;
  problem.rows = pixels.numel() / pixels.size(3);
  problem.outputs = pixels.size(3);
  problem.inputs = gradient.size(3);
  problem.x = gradient.data_ptr<float>();
  problem.dy = pixels.data_ptr<float>();
  const torch::Tensor result = torch::empty({problem.outputs, problem.inputs});
  problem.dw = result.data_ptr<float>();
  constexpr std::int64_t kOutputs = 24;  // of a task: whole register tiles
  run_tasks((problem.outputs + kOutputs - 1) / kOutputs, 0, [&](std::int64_t task, float*) {
    linear_weight_gradient(vector_isa(), problem, task * kOutputs,
                           std::min(problem.outputs, (task + 1) * kOutputs));
  });
  return result.t();
}

class SingleOutputConv2d : public torch::autograd::Function<SingleOutputConv2d> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight, std::int64_t padding) {
    const Shape shape{x.size(0), x.size(2), x.size(3), weight.size(2), weight.size(3), padding};
    const torch::Tensor pixels = x.permute({0, 2, 3, 1}).contiguous();
    const torch::Tensor taps =
        torch::constant_pad_nd(weight[0].permute({1, 2, 0}).reshape({shape.taps(), x.size(1)}),
                               {0, 0, 0, shape.width_of_products() - shape.taps()});
    context->save_for_backward({pixels, taps});
    context->saved_data["sizes"] = weight.sizes().vec();
    context->saved_data["padding"] = padding;
    return sum_of_products(compute::linear(pixels, taps, {}), shape).unsqueeze(1);
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const tensor_list saved = context->get_saved_variables();
    const torch::Tensor& pixels = saved[0];
    const torch::Tensor& taps = saved[1];
    const auto sizes = context->saved_data["sizes"].toIntVector();
    const Shape shape{pixels.size(0), pixels.size(1), pixels.size(2),
                      sizes[2],       sizes[3],       context->saved_data["padding"].toInt()};
    const torch::Tensor gradient = products_gradient(gradients[0].contiguous(), shape);
    tensor_list result(3);
    if (context->needs_input_grad(0)) {
      result[0] = compute::linear(gradient, taps.t().contiguous(), {}).permute({0, 3, 1, 2});
    }
    if (context->needs_input_grad(1)) {
      result[1] = taps_gradient(pixels, gradient)
                      .narrow(0, 0, shape.taps())
                      .view({1, sizes[2], sizes[3], sizes[1]})
                      .permute({0, 3, 1, 2});
    }
    return result;
  }
};

}  // namespace

torch::Tensor single_output_conv2d(const torch::Tensor& x, const torch::Tensor& weight,
                                   const torch::Tensor& bias, std::int64_t padding) {
  TORCH_CHECK(x.dim() == 4 && weight.dim() == 4 && weight.size(0) == 1 &&
                  x.size(1) == weight.size(1) && padding >= 0,
              "convolution of ", x.sizes(), " to one channel with ", weight.sizes());
  const bool fits = x.is_cpu() && x.scalar_type() == torch::kFloat32 && x.numel() > 0 &&
                    weight.scalar_type() == torch::kFloat32 && x.size(1) % kLanes == 0 &&
                    x.size(2) + 2 * padding >= weight.size(2) &&
                    x.size(3) + 2 * padding >= weight.size(3);
  if (!fits) return torch::conv2d(x, weight, bias, 1, padding);
  const torch::Tensor sums = SingleOutputConv2d::apply(x, weight, padding);
  return bias.defined() ? sums + bias : sums;
}

}  // namespace ersatz::compute
