#include "compute/single_output_conv.h"

#include <torch/autograd.h>
#include <torch/types.h>

#include <algorithm>

#include "compute/linear.h"
#include "compute/parallel.h"
#include "compute/tensor_memory.h"

namespace ersatz::compute {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr std::int64_t kLanes = 16;

struct Shape {
  std::int64_t batch, height, width;  // of the input
  std::int64_t kernel_height, kernel_width, padding;

  std::int64_t taps() const { return kernel_height * kernel_width; }
  std::int64_t out_height() const { return height + 2 * padding - kernel_height + 1; }
  std::int64_t out_width() const { return width + 2 * padding - kernel_width + 1; }
};

// Calls visit(product, output, count) for runs of `count` input pixels of one row under one tap:
// the product of the first pixel with the tap is at products[product], those of the next ones
// taps() further each; they belong to `count` neighbouring outputs from `output` on.
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
        visit(((b * shape.height + y) * shape.width + first) * shape.taps() +
                  ky * shape.kernel_width + kx,
              (b * shape.out_height() + out_y) * shape.out_width() + first + shape.padding - kx,
              last - first);
      }
    }
  }
}

// products [B, H, W, taps] to their sums [B, H', W'].
class SumOfTaps : public torch::autograd::Function<SumOfTaps> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& products,
                               std::int64_t kernel_height, std::int64_t kernel_width,
                               std::int64_t padding) {
    const Shape shape{products.size(0), products.size(1), products.size(2),
                      kernel_height,    kernel_width,     padding};
    context->saved_data["shape"] = std::vector<std::int64_t>{
        shape.batch, shape.height, shape.width, kernel_height, kernel_width, padding};
    const torch::Tensor dense = products.contiguous();
    torch::Tensor sums = torch::zeros({shape.batch, shape.out_height(), shape.out_width()});
    const float* from = dense.data_ptr<float>();
    float* to = sums.data_ptr<float>();
    const std::int64_t taps = shape.taps();
    parallel_for(shape.batch, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t b = begin; b < end; ++b) {
        for_each_run(shape, b, [=](std::int64_t product, std::int64_t output, std::int64_t count) {
          for (std::int64_t i = 0; i < count; ++i) to[output + i] += from[product + i * taps];
        });
      }
    });
    return sums;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const auto sizes = context->saved_data["shape"].toIntVector();
    const Shape shape{sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]};
    const torch::Tensor dy = gradients[0].contiguous();
    const std::int64_t taps = shape.taps();
    torch::Tensor dx = empty_result({shape.batch, shape.height, shape.width, taps});
    const float* from = dy.data_ptr<float>();
    float* to = dx.data_ptr<float>();
    const std::int64_t picture = shape.height * shape.width * taps;
    parallel_for(shape.batch, 1, [&](std::int64_t begin, std::int64_t end) {
      std::fill(to + begin * picture, to + end * picture, 0.0F);
      for (std::int64_t b = begin; b < end; ++b) {
        for_each_run(shape, b, [=](std::int64_t product, std::int64_t output, std::int64_t count) {
          for (std::int64_t i = 0; i < count; ++i) to[product + i * taps] = from[output + i];
        });
      }
    });
    return {dx, {}, {}, {}};
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
  const torch::Tensor taps =
      weight[0].permute({1, 2, 0}).reshape({weight.size(2) * weight.size(3), x.size(1)});
  const torch::Tensor products = compute::linear(x.permute({0, 2, 3, 1}), taps, {});
  const torch::Tensor sums =
      SumOfTaps::apply(products, weight.size(2), weight.size(3), padding).unsqueeze(1);
  return bias.defined() ? sums + bias : sums;
}

}  // namespace ersatz::compute
