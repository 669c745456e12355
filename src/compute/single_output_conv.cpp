#include "compute/single_output_conv.h"

#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>

#include "compute/linear.h"
#include "compute/linear_gradient_kernel.h"
#include "compute/parallel.h"
#include "compute/tensor_memory.h"

namespace ersatz::compute {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr std::int64_t kVectorLanes = 16, kTile = 64;

struct Shape {
  std::int64_t batch, height, width;  // of the input
  std::int64_t kernel_height, kernel_width, padding;

  std::int64_t taps() const { return kernel_height * kernel_width; }
  // Filled up, so that products are computed in whole register tiles.
  std::int64_t width_of_products() const {
    const std::int64_t unit = taps() > kTile - kVectorLanes ? kTile : kVectorLanes;
    return (taps() + unit - 1) / unit * unit;
  }
  std::int64_t out_height() const { return height + 2 * padding - kernel_height + 1; }
  std::int64_t out_width() const { return width + 2 * padding - kernel_width + 1; }
};

// Calls visit(product, output, count) for runs of `count` pixels of one row of a picture under one
// tap: the product of the first pixel with the tap is products[product], those of the next ones are
// width_of_products() further each; they belong to `count` neighbouring outputs from `output` on.
template <typename Visit>
void for_each_run(const Shape& shape, Visit visit) {
  for (std::int64_t y = 0; y < shape.height; ++y) {
    for (std::int64_t ky = 0; ky < shape.kernel_height; ++ky) {
      const std::int64_t out_y = y + shape.padding - ky;
      if (out_y < 0 || out_y >= shape.out_height()) continue;
      for (std::int64_t kx = 0; kx < shape.kernel_width; ++kx) {
        // Output column of input column x: x + padding - kx.
        const std::int64_t first = std::max<std::int64_t>(0, kx - shape.padding);
        const std::int64_t last = std::min(shape.width, shape.out_width() + kx - shape.padding);
        if (first >= last) continue;
        visit((y * shape.width + first) * shape.width_of_products() + ky * shape.kernel_width + kx,
              out_y * shape.out_width() + first + shape.padding - kx, last - first);
      }
    }
  }
}

// The products [H * W, width] of a picture to their sums [H', W'].
void sum_products(const Shape& shape, const float* products, float* sums) {
  const std::int64_t width = shape.width_of_products();
  std::fill(sums, sums + shape.out_height() * shape.out_width(), 0.0F);
  for_each_run(shape, [=](std::int64_t product, std::int64_t output, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) sums[output + i] += products[product + i * width];
  });
}

// The gradient of the above: that of the sum a product is part of; 0 for products that fell outside
// and for those beyond the taps.
void products_gradient(const Shape& shape, const float* dy, float* gradient) {
  const std::int64_t width = shape.width_of_products();
  std::fill(gradient, gradient + shape.height * shape.width * width, 0.0F);
  for_each_run(shape, [=](std::int64_t product, std::int64_t output, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) gradient[product + i * width] = dy[output + i];
  });
}

// Calls work(b) for every picture; what it computes by libtorch is computed by its own thread.
template <typename Work>
void for_each_picture(std::int64_t batch, Work work) {
  parallel_for(batch, 1, [&](std::int64_t begin, std::int64_t end) {
    const torch::NoGradGuard no_grad;  // it is a thread's own
    for (std::int64_t b = begin; b < end; ++b) work(b);
  });
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
    torch::Tensor sums = torch::empty({shape.batch, 1, shape.out_height(), shape.out_width()});
    float* to = sums.data_ptr<float>();
    const std::int64_t size = shape.out_height() * shape.out_width();
    // A picture's products stay in the cache until they are added.
    for_each_picture(shape.batch, [&](std::int64_t b) {
      sum_products(shape, compute::linear(pixels[b], taps, {}).data_ptr<float>(), to + b * size);
    });
    return sums;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const tensor_list saved = context->get_saved_variables();
    const torch::Tensor& pixels = saved[0];
    const torch::Tensor& taps = saved[1];
    const auto sizes = context->saved_data["sizes"].toIntVector();
    const Shape shape{pixels.size(0), pixels.size(1), pixels.size(2),
                      sizes[2],       sizes[3],       context->saved_data["padding"].toInt()};
    const torch::Tensor dy = gradients[0].contiguous();
    const std::int64_t size = shape.out_height() * shape.out_width();
    const std::int64_t channels = pixels.size(3), width = shape.width_of_products();
    const bool wants_dx = context->needs_input_grad(0), wants_dw = context->needs_input_grad(1);
    const torch::Tensor back = taps.t().contiguous();
    torch::Tensor dx;
    if (wants_dx) dx = empty_channels_last(shape.batch, channels, shape.height, shape.width);
    // Each picture's own gradient of the taps, [C, width], so that their sum does not depend on
    // the threads.
    torch::Tensor dw;
    if (wants_dw) dw = torch::empty({shape.batch, channels, width});
    for_each_picture(shape.batch, [&](std::int64_t b) {
      const torch::Tensor gradient = torch::empty({shape.height * shape.width, width});
      products_gradient(shape, dy.data_ptr<float>() + b * size, gradient.data_ptr<float>());
      if (wants_dx) {
        dx[b].permute({1, 2, 0}).view({-1, channels}).copy_(compute::linear(gradient, back, {}));
      }
      if (!wants_dw) return;
      LinearWeightGradient problem;
      problem.rows = shape.height * shape.width;
      problem.outputs = channels;
      problem.inputs = width;
      problem.x = gradient.data_ptr<float>();
      problem.dy = pixels.data_ptr<float>() + b * problem.rows * channels;
      problem.dw = dw.data_ptr<float>() + b * channels * width;
      linear_weight_gradient(vector_isa(), problem, 0, channels);
    });
    tensor_list result(3);
    result[0] = dx;
    if (wants_dw) {
      result[1] = dw.sum(0)
                      .t()
                      .narrow(0, 0, shape.taps())
                      .view({1, sizes[2], sizes[3], channels})
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
                    weight.scalar_type() == torch::kFloat32 && x.size(1) % kVectorLanes == 0 &&
                    x.size(2) + 2 * padding >= weight.size(2) &&
                    x.size(3) + 2 * padding >= weight.size(3);
  if (!fits) return torch::conv2d(x, weight, bias, 1, padding);
  const torch::Tensor sums = SingleOutputConv2d::apply(x, weight, padding);
  return bias.defined() ? sums + bias : sums;
}

}  // namespace ersatz::compute
