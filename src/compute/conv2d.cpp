#include "compute/conv2d.h"

#include <torch/nn/functional/upsampling.h>
#include <torch/types.h>

#include <algorithm>
#include <vector>

#include "compute/cuda/fused_layers.h"
#include "compute/dense_tasks.h"
#include "compute/doubled_conv2d.h"
#include "compute/gradients.h"
#include "compute/pixel_rows.h"
#include "compute/tensor_memory.h"

namespace ersatz::compute {

namespace {

namespace F = torch::nn::functional;

struct Window {
  std::int64_t batch, height, width, channels;  // of the stored input
  std::int64_t out_height, out_width;
  std::int64_t kernel_height, kernel_width;
  Conv2dOptions options;

  std::int64_t seen_height() const { return options.upsample ? 2 * height : height; }
  std::int64_t seen_width() const { return options.upsample ? 2 * width : width; }
};

// Output pixels in the order in which they are computed: in strips of the picture, so that
// neighbours in the order are neighbours in both directions and see the same input pixels.
class PixelOrder {
 public:
  static constexpr std::int64_t kStrip = 32;

  PixelOrder(std::int64_t height, std::int64_t width, std::int64_t position)
      : height_(height), width_(width) {
    const std::int64_t in_image = position % (height * width);
    b_ = position / (height * width);
    left_ = in_image / (kStrip * height) * kStrip;
    const std::int64_t in_strip = in_image - left_ * height;
    y_ = in_strip / strip();
    x_ = left_ + in_strip % strip();
  }

  void next() {
    if (++x_ < left_ + strip()) return;
    x_ = left_;
    if (++y_ < height_) return;
    y_ = 0;
    left_ += kStrip;
    if (left_ >= width_) {
      left_ = 0;
      ++b_;
    }
    x_ = left_;
  }

  std::int64_t image() const { return b_; }
  std::int64_t y() const { return y_; }
  std::int64_t x() const { return x_; }
  std::int64_t index() const { return (b_ * height_ + y_) * width_ + x_; }

 private:
  std::int64_t strip() const { return std::min(kStrip, width_ - left_); }

  std::int64_t height_, width_;
  std::int64_t b_ = 0, left_ = 0, y_ = 0, x_ = 0;
};

// Pointers to the input pixels under every tap of `count` output pixels; `outside` stands for the
// padding.
void locate_pixels(const Window& window, const float* image, const float* outside,
                   std::int64_t first, std::int64_t count, const DenseRows& rows) {
  const std::int64_t seen_height = window.seen_height(), seen_width = window.seen_width();
  const int shift = window.options.upsample ? 1 : 0;
  PixelOrder pixel(window.out_height, window.out_width, first);
  for (std::int64_t r = 0; r < count; ++r, pixel.next()) {
    rows.outputs[r] = pixel.index();
    const float* picture = image + pixel.image() * window.height * window.width * window.channels;
    const float** source = rows.sources + r;
    for (std::int64_t ky = 0; ky < window.kernel_height; ++ky) {
      const std::int64_t y = pixel.y() * window.options.stride - window.options.padding + ky;
      for (std::int64_t kx = 0; kx < window.kernel_width; ++kx, source += count) {
        const std::int64_t x = pixel.x() * window.options.stride - window.options.padding + kx;
        const bool inside = y >= 0 && y < seen_height && x >= 0 && x < seen_width;
        const std::int64_t at = (y >> shift) * window.width + (x >> shift);
        *source = inside ? picture + at * window.channels : outside;
      }
    }
  }
}

Window window_of(const torch::Tensor& x, const torch::Tensor& weight,
                 const Conv2dOptions& options) {
  Window window{x.size(0), x.size(2),      x.size(3),      x.size(1), 0,
                0,         weight.size(2), weight.size(3), options};
  const std::int64_t padding = 2 * options.padding + options.extra_end_padding;
  window.out_height = (window.seen_height() + padding - window.kernel_height) / options.stride + 1;
  window.out_width = (window.seen_width() + padding - window.kernel_width) / options.stride + 1;
  return window;
}

torch::Tensor dense_conv2d(const torch::Tensor& input, const torch::Tensor& weight,
                           const torch::Tensor& bias, const Window& window,
                           const torch::Tensor& residual) {
  const torch::Tensor x = rows_of_pixels(input);
  const std::int64_t outputs = weight.size(0), pixels = window.out_height * window.out_width;
  torch::Tensor out =
      empty_channels_last(window.batch, outputs, window.out_height, window.out_width);
  const torch::Tensor added = residual.defined() ? rows_of_pixels(residual) : residual;
  const torch::Tensor start = bias.defined() ? bias.to(torch::kFloat32).contiguous() : bias;
  DenseProblem problem;
  problem.rows = window.batch * pixels;
  problem.taps = window.kernel_height * window.kernel_width;
  problem.inputs = window.channels;
  problem.outputs = outputs;
  const bool neighbours =
      weight.stride(1) == 1 && weight.stride(2) == weight.stride(3) * window.kernel_width;
  problem.weight = neighbours ? weight : weight.contiguous();
  problem.output_stride = problem.weight.stride(0);
  problem.input_stride = problem.weight.stride(1);
  problem.tap_stride = problem.weight.stride(3);
  problem.out = out.data_ptr<float>();
  problem.silu = window.options.silu;
  if (added.defined()) problem.residual = added.data_ptr<float>();
  const std::vector<float> zeros(static_cast<std::size_t>(window.channels));
  const float* image = x.data_ptr<float>();
  problem.locate = [&](std::int64_t first, std::int64_t count, const DenseRows& rows) {
    locate_pixels(window, image, zeros.data(), first, count, rows);
  };
  if (start.defined()) {
    problem.bias = start.data_ptr<float>();
    problem.bias_rows = start.dim() == 2 ? pixels : problem.rows;
  }
  run_dense(problem);
  return out;
}

torch::Tensor libtorch_conv2d(const torch::Tensor& input, const torch::Tensor& weight,
                              const torch::Tensor& bias, const Conv2dOptions& options,
                              const torch::Tensor& residual) {
  const auto type = input.scalar_type();
  torch::Tensor x = input;
  const bool one_bias = bias.defined() && bias.dim() == 1;
  const bool doubled_3x3 = options.upsample && options.stride == 1 && options.padding == 1 &&
                           options.extra_end_padding == 0 && weight.size(2) == 3 &&
                           weight.size(3) == 3;
  if (doubled_3x3 && (one_bias || !bias.defined()) && x.is_cpu() && type == torch::kFloat32) {
    const torch::Tensor out = doubled_conv2d(x, weight.to(type), bias);
    return residual.defined() ? out + residual : out;
  }
  if (options.upsample) {
    x = F::interpolate(
        x,
        F::InterpolateFuncOptions().scale_factor(std::vector<double>{2, 2}).mode(torch::kNearest));
  }
  if (options.extra_end_padding > 0) {
    x = torch::constant_pad_nd(x, {0, options.extra_end_padding, 0, options.extra_end_padding});
  }
  const torch::Tensor terms = bias.defined() ? bias.to(type) : bias;
  // A convolution on a GPU adds its bias in a pass of its own: there everything is added in one.
  const bool apart = (bias.defined() || residual.defined()) &&
                     !needs_gradient({x, weight, bias, residual}) && cuda::serves(x);
  torch::Tensor out =
      torch::conv2d(x, weight.to(type), one_bias && !apart ? terms : torch::Tensor(),
                    options.stride, options.padding);
  if (apart && cuda::add_terms(out, terms, residual)) return out;
  if (apart && one_bias) out.add_(terms.view({1, -1, 1, 1}));
  if (bias.defined() && !one_bias) out = out + terms.unsqueeze(2).unsqueeze(3);
  return residual.defined() ? out + residual : out;
}

}  // namespace

torch::Tensor conv2d(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                     const Conv2dOptions& options, const torch::Tensor& residual) {
  TORCH_CHECK(x.dim() == 4 && weight.dim() == 4 && x.size(1) == weight.size(1), "convolution ",
              weight.sizes(), " of ", x.sizes());
  if (options.silu && residual.defined()) {
    return compute::conv2d(x, weight, bias, options) + residual;
  }
  if (x.is_cpu() && x.scalar_type() == torch::kFloat32 && x.numel() > 0 &&
      dense_weight_type(weight) && !needs_gradient({x, weight, bias, residual})) {
    const Window window = window_of(x, weight, options);
    TORCH_CHECK(window.out_height >= 1 && window.out_width >= 1, "convolution ", weight.sizes(),
                " of ", x.sizes(), ": the input is too small");
    return dense_conv2d(x, weight, bias, window, residual);
  }
  const torch::Tensor out = libtorch_conv2d(x, weight, bias, options, residual);
  return options.silu ? torch::silu(out) : out;
}

}  // namespace ersatz::compute
