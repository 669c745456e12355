#include "compute/direct_conv.h"

#include <torch/autograd.h>
#include <torch/types.h>

#include <algorithm>
#include <vector>

#include "compute/conv2d.h"
#include "compute/dense_tasks.h"
#include "compute/direct_conv_kernel.h"
#include "compute/parallel.h"
#include "compute/pixel_rows.h"
#include "compute/tensor_memory.h"

namespace ersatz::compute {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// Below this many input channels the columns of a kernel are taken together.
constexpr std::int64_t kFewChannels = 16;
// Parts of a batch whose gradients of the kernel are summed on their own, where tasks are few.
constexpr std::int64_t kMostParts = 8;
constexpr std::int64_t kWantedTasks = 24;
// Floats of the sums of a task, and of the pictures that all of them see before the next pictures
// are looked at: both stay in a second-level cache of 1 MB.
constexpr std::int64_t kSumFloats = 112 << 10, kPictureFloats = 112 << 10;

ConvShape shape_of(const torch::Tensor& rows, const torch::Tensor& taps, std::int64_t stride,
                   std::int64_t padding) {
  ConvShape shape;
  shape.batch = rows.size(0);
  shape.height = rows.size(1);
  shape.width = rows.size(2);
  shape.inputs = shape.pixel = rows.size(3);
  shape.outputs = taps.size(0);
  shape.kernel_height = taps.size(1);
  shape.kernel_width = taps.size(2);
  shape.stride = stride;
  shape.padding = padding;
  shape.out_height = (shape.height + 2 * padding - shape.kernel_height) / stride + 1;
  shape.out_width = (shape.width + 2 * padding - shape.kernel_width) / stride + 1;
  return shape;
}

// Pictures with their padding written out, [B, H + 2p, W + 2p, C]: there a row of the kernel is one
// tap with kernel_width * C inputs, which begin at the pixel.
torch::Tensor pad(const torch::Tensor& rows, std::int64_t padding) {
  if (padding == 0) return rows;
  return torch::constant_pad_nd(rows, {0, 0, padding, padding, padding, padding});
}

// The convolution of such pictures with rows of the kernel as taps.
ConvShape shape_of_rows(const torch::Tensor& padded, ConvShape shape) {
  shape.height = padded.size(1);
  shape.width = padded.size(2);
  shape.inputs *= shape.kernel_width;
  shape.kernel_width = 1;
  shape.padding = 0;
  return shape;
}

torch::Tensor forward_of_rows(const torch::Tensor& padded, const torch::Tensor& taps,
                              const ConvShape& shape) {
  torch::Tensor y =
      empty_channels_last(shape.batch, shape.outputs, shape.out_height, shape.out_width);
  DenseProblem problem;
  problem.rows = shape.batch * shape.out_height * shape.out_width;
  problem.taps = shape.kernel_height;
  problem.inputs = shape.inputs;
  problem.outputs = shape.outputs;
  problem.weight = taps;
  problem.output_stride = problem.taps * problem.inputs;
  problem.input_stride = 1;
  problem.tap_stride = problem.inputs;
  problem.out = y.data_ptr<float>();
  const float* image = padded.data_ptr<float>();
  problem.locate = [&](std::int64_t first, std::int64_t count, const DenseRows& rows) {
    for (std::int64_t r = 0; r < count; ++r) {
      const std::int64_t pixel = first + r, row = pixel / shape.out_width;
      const std::int64_t b = row / shape.out_height, top = row % shape.out_height * shape.stride;
      const std::int64_t left = pixel % shape.out_width * shape.stride;
      const float* source = image + ((b * shape.height + top) * shape.width + left) * shape.pixel;
      rows.outputs[r] = pixel;
      for (std::int64_t t = 0; t < problem.taps; ++t) {
        rows.sources[t * count + r] = source + t * shape.width * shape.pixel;
      }
    }
  };
  run_dense(problem);
  return y;
}

// Along one direction, the taps that see input pixels of one remainder modulo the stride, and the
// output pixel of the first such pixel under each.
struct Reach {
  std::vector<std::int64_t> taps, outputs;
};

Reach reach_of(std::int64_t remainder, std::int64_t kernel, std::int64_t stride,
               std::int64_t padding) {
  Reach reach;
  for (std::int64_t tap = 0; tap < kernel; ++tap) {
    const std::int64_t distance = remainder + padding - tap;  // = stride * output
    if (distance % stride != 0) continue;
    reach.taps.push_back(tap);
    reach.outputs.push_back(distance / stride);
  }
  return reach;
}

// The gradient at input pixels (stride * i + down, stride * j + right), as a convolution of dy.
void gradient_of_remainder(const torch::Tensor& dy, const torch::Tensor& taps,
                           const ConvShape& shape, std::int64_t down, std::int64_t right,
                           const float* bias, float* dx) {
  const Reach rows = reach_of(down, shape.kernel_height, shape.stride, shape.padding);
  const Reach columns = reach_of(right, shape.kernel_width, shape.stride, shape.padding);
  const std::int64_t height = parts_of(shape.height - down, shape.stride);
  const std::int64_t width = parts_of(shape.width - right, shape.stride);
  const auto count_of = [](const Reach& reach) {
    return static_cast<std::int64_t>(reach.taps.size());
  };
  DenseProblem problem;
  problem.rows = shape.batch * height * width;
  problem.taps = count_of(rows) * count_of(columns);
  problem.inputs = shape.outputs;
  problem.outputs = shape.inputs;
  if (problem.rows <= 0 || problem.taps == 0) return;
  // [C, taps, K] of the taps that reach.
  const torch::Tensor chosen = taps.index_select(1, torch::tensor(rows.taps))
                                   .index_select(2, torch::tensor(columns.taps))
                                   .permute({3, 1, 2, 0})
                                   .contiguous();
  problem.weight = chosen;
  problem.output_stride = problem.taps * problem.inputs;
  problem.input_stride = 1;
  problem.tap_stride = problem.inputs;
  problem.out = dx;
  problem.bias = bias;
  problem.bias_rows = shape.batch * shape.height * shape.width;
  const std::vector<float> zeros(static_cast<std::size_t>(shape.outputs));
  const float* gradient = dy.data_ptr<float>();
  problem.locate = [&](std::int64_t first, std::int64_t count, const DenseRows& out) {
    for (std::int64_t r = 0; r < count; ++r) {
      const std::int64_t pixel = first + r, row = pixel / width;
      const std::int64_t b = row / height, i = row % height, j = pixel % width;
      out.outputs[r] =
          (b * shape.height + i * shape.stride + down) * shape.width + j * shape.stride + right;
      const float** source = out.sources + r;
      for (const std::int64_t above : rows.outputs) {
        for (const std::int64_t before : columns.outputs) {
          const std::int64_t y = i + above, x = j + before;
          const bool inside = y >= 0 && y < shape.out_height && x >= 0 && x < shape.out_width;
          *source =
              inside ? gradient + ((b * shape.out_height + y) * shape.out_width + x) * shape.outputs
                     : zeros.data();
          source += count;
        }
      }
    }
  };
  run_dense(problem);
}

// `bias`, of the inputs, is added where it is defined.
torch::Tensor input_gradient(const torch::Tensor& dy, const torch::Tensor& taps,
                             const ConvShape& shape, const torch::Tensor& bias = {}) {
  torch::Tensor dx = empty_channels_last(shape.batch, shape.inputs, shape.height, shape.width);
  // Some pixels are under no tap when the kernel is smaller than the stride.
  if (shape.stride > std::min(shape.kernel_height, shape.kernel_width)) {
    dx.zero_();
    if (bias.defined()) dx.add_(bias.view({1, -1, 1, 1}));
  }
  const float* start = bias.defined() ? bias.data_ptr<float>() : nullptr;
  for (std::int64_t down = 0; down < shape.stride; ++down) {
    for (std::int64_t right = 0; right < shape.stride; ++right) {
      gradient_of_remainder(dy, taps, shape, down, right, start, dx.data_ptr<float>());
    }
  }
  return dx;
}

// [K, kh, kw, C].
torch::Tensor weight_gradient(const torch::Tensor& x, const torch::Tensor& dy,
                              const ConvShape& shape) {
  const std::int64_t taps = shape.kernel_height * shape.kernel_width;
  const std::int64_t input_blocks = parts_of(shape.inputs, kConvInputs);
  const std::int64_t output_blocks = parts_of(shape.outputs, kConvOutputs);
  const std::int64_t blocks = taps * input_blocks * output_blocks;
  const std::int64_t block = kConvInputs * kConvOutputs;
  // A task has blocks of one row of the kernel, which see the same pixels.
  const std::int64_t of_row = shape.kernel_width * input_blocks * output_blocks;
  const std::int64_t group = std::min(of_row, std::max<std::int64_t>(1, kSumFloats / block));
  const std::int64_t groups_of_row = parts_of(of_row, group);
  const std::int64_t groups = shape.kernel_height * groups_of_row;
  const std::int64_t batches = std::clamp<std::int64_t>(parts_of(kWantedTasks, groups), 1,
                                                        std::min(kMostParts, shape.batch));
  const std::int64_t chunk = std::max<std::int64_t>(
      1, kPictureFloats / (shape.height * shape.width * shape.pixel +
                           shape.out_height * shape.out_width * shape.outputs));
  // [part][tap][input block][output block][inputs of it][outputs of it]
  const torch::Tensor sums = torch::zeros({batches, blocks * block});
  float* const sum = sums.data_ptr<float>();
  const float* const from = x.data_ptr<float>();
  const float* const gradient = dy.data_ptr<float>();
  run_tasks(batches * groups, 0, [&](std::int64_t task, float*) {
    const std::int64_t part = task / groups, row = task % groups / groups_of_row;
    const std::int64_t begin = row * of_row + task % groups_of_row * group;
    const std::int64_t end = std::min(begin + group, (row + 1) * of_row);
    const std::int64_t last = shape.batch * (part + 1) / batches;
    for (std::int64_t first = shape.batch * part / batches; first < last; first += chunk) {
      for (std::int64_t b = begin; b < end; ++b) {
        const std::int64_t tap = b / (input_blocks * output_blocks);
        const std::int64_t input = b / output_blocks % input_blocks * kConvInputs;
        const std::int64_t output = b % output_blocks * kConvOutputs;
        kernel_gradient(vector_isa(), shape, from, gradient, first, std::min(first + chunk, last),
                        tap / shape.kernel_width, tap % shape.kernel_width, input, output,
                        sum + (part * blocks + b) * block);
      }
    }
  });
  const torch::Tensor total = batches == 1 ? sums[0] : sums.sum(0);
  torch::Tensor result =
      torch::empty({shape.outputs, shape.kernel_height, shape.kernel_width, shape.inputs});
  const torch::Tensor by_tap = result.view({shape.outputs, taps, shape.inputs});
  const torch::Tensor stored = total.view({taps, input_blocks, output_blocks, block});
  for (std::int64_t i = 0; i < input_blocks; ++i) {
    for (std::int64_t o = 0; o < output_blocks; ++o) {
      const std::int64_t input = i * kConvInputs, output = o * kConvOutputs;
      const std::int64_t inputs = std::min(kConvInputs, shape.inputs - input);
      const std::int64_t outputs = std::min(kConvOutputs, shape.outputs - output);
      by_tap.narrow(0, output, outputs)
          .narrow(2, input, inputs)
          .copy_(stored.select(1, i)
                     .select(1, o)
                     .narrow(1, 0, inputs * outputs)
                     .view({taps, inputs, outputs})
                     .permute({2, 0, 1}));
    }
  }
  return result;
}

class DirectConv2d : public torch::autograd::Function<DirectConv2d> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight, std::int64_t stride,
                               std::int64_t padding) {
    const torch::Tensor rows = rows_of_pixels(x), taps = rows_of_pixels(weight);
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    context->save_for_backward({rows, taps});
    if (x.size(1) < kFewChannels) {
      const torch::Tensor padded = pad(rows, padding);
      return forward_of_rows(padded, taps,
                             shape_of_rows(padded, shape_of(rows, taps, stride, padding)));
    }
    Conv2dOptions options;
    options.stride = stride;
    options.padding = padding;
    return conv2d(x, weight, {}, options);
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const tensor_list saved = context->get_saved_variables();
    const torch::Tensor& rows = saved[0];
    const torch::Tensor& taps = saved[1];
    const ConvShape shape = shape_of(rows, taps, context->saved_data["stride"].toInt(),
                                     context->saved_data["padding"].toInt());
    const torch::Tensor dy = rows_of_pixels(gradients[0]);
    tensor_list result(4);
    if (context->needs_input_grad(0)) result[0] = input_gradient(dy, taps, shape);
    if (context->needs_input_grad(1)) {
      torch::Tensor gradient;
      if (shape.inputs < kFewChannels) {
        const torch::Tensor padded = pad(rows, shape.padding);
        gradient = weight_gradient(padded, dy, shape_of_rows(padded, shape)).view(taps.sizes());
      } else {
        gradient = weight_gradient(rows, dy, shape);
      }
      result[1] = gradient.permute({0, 3, 1, 2});
    }
    return result;
  }
};

// The convolution whose transpose takes x [B, h, w, K] to pictures [B, H, W, C].
ConvShape transposed_shape(const torch::Tensor& x, const torch::Tensor& taps, std::int64_t stride,
                           std::int64_t padding) {
  ConvShape shape;
  shape.batch = x.size(0);
  shape.out_height = x.size(1);
  shape.out_width = x.size(2);
  shape.outputs = taps.size(0);
  shape.kernel_height = taps.size(1);
  shape.kernel_width = taps.size(2);
  shape.inputs = shape.pixel = taps.size(3);
  shape.stride = stride;
  shape.padding = padding;
  shape.height = stride * (shape.out_height - 1) - 2 * padding + shape.kernel_height;
  shape.width = stride * (shape.out_width - 1) - 2 * padding + shape.kernel_width;
  return shape;
}

class DirectConvTranspose2d : public torch::autograd::Function<DirectConvTranspose2d> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight, const torch::Tensor& bias,
                               std::int64_t stride, std::int64_t padding) {
    const torch::Tensor rows = rows_of_pixels(x), taps = rows_of_pixels(weight);
    context->saved_data["stride"] = stride;
    context->saved_data["padding"] = padding;
    context->save_for_backward({rows, taps});
    return input_gradient(rows, taps, transposed_shape(rows, taps, stride, padding),
                          bias.contiguous());
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const tensor_list saved = context->get_saved_variables();
    const torch::Tensor& rows = saved[0];
    const torch::Tensor& taps = saved[1];
    const std::int64_t stride = context->saved_data["stride"].toInt();
    const std::int64_t padding = context->saved_data["padding"].toInt();
    const torch::Tensor dy = rows_of_pixels(gradients[0]);
    tensor_list result(5);
    if (context->needs_input_grad(0)) {
      Conv2dOptions options;
      options.stride = stride;
      options.padding = padding;
      result[0] = conv2d(dy.permute({0, 3, 1, 2}), taps.permute({0, 3, 1, 2}), {}, options);
    }
    if (context->needs_input_grad(1)) {
      result[1] = weight_gradient(dy, rows, transposed_shape(rows, taps, stride, padding))
                      .permute({0, 3, 1, 2});
    }
    if (context->needs_input_grad(2)) result[2] = dy.sum({0, 1, 2});
    return result;
  }
};

// With `missing` more planes of zeros along dimension `dim`, in the memory order of pixels.
torch::Tensor filled_up(const torch::Tensor& x, std::int64_t dim, std::int64_t missing) {
  if (missing == 0) return x;
  std::vector<std::int64_t> sizes = x.sizes().vec();
  sizes[static_cast<std::size_t>(dim)] = missing;
  const torch::Tensor zeros = torch::zeros({sizes[0], sizes[2], sizes[3], sizes[1]}, x.options());
  return torch::cat({x, zeros.permute({0, 3, 1, 2})}, dim);
}

}  // namespace

bool direct_conv_fits(const torch::Tensor& x, const torch::Tensor& weight, std::int64_t padding) {
  return x.is_cpu() && x.scalar_type() == torch::kFloat32 && x.dim() == 4 && x.numel() > 0 &&
         weight.scalar_type() == torch::kFloat32 && weight.dim() == 4 && weight.numel() > 0 &&
         weight.size(1) == x.size(1) && weight.size(0) % 16 == 0 &&
         x.size(2) + 2 * padding >= weight.size(2) && x.size(3) + 2 * padding >= weight.size(3);
}

torch::Tensor direct_conv2d(const torch::Tensor& x, const torch::Tensor& weight,
                            std::int64_t stride, std::int64_t padding) {
  TORCH_CHECK(direct_conv_fits(x, weight, padding) && stride >= 1, "convolution of ", x.sizes(),
              " with ", weight.sizes(), ", stride ", stride, ", padding ", padding);
  return DirectConv2d::apply(x, weight, stride, padding);
}

torch::Tensor direct_conv_transpose2d(const torch::Tensor& x, const torch::Tensor& weight,
                                      const torch::Tensor& bias, std::int64_t stride,
                                      std::int64_t padding) {
  TORCH_CHECK(x.dim() == 4 && weight.dim() == 4 && x.size(1) == weight.size(0) && stride >= 1 &&
                  padding >= 0 && (!bias.defined() || bias.numel() == weight.size(1)),
              "transposed convolution of ", x.sizes(), " with ", weight.sizes(), ", stride ",
              stride, ", padding ", padding);
  const bool fits = x.is_cpu() && x.scalar_type() == torch::kFloat32 && x.numel() > 0 &&
                    weight.scalar_type() == torch::kFloat32 && weight.numel() > 0 &&
                    stride * (x.size(2) - 1) + weight.size(2) > 2 * padding &&
                    stride * (x.size(3) - 1) + weight.size(3) > 2 * padding;
  if (!fits) return torch::conv_transpose2d(x, weight, bias, stride, padding);
  constexpr std::int64_t kLanes = 16;
  const std::int64_t missing = (kLanes - x.size(1) % kLanes) % kLanes;
  return DirectConvTranspose2d::apply(filled_up(x, 1, missing), filled_up(weight, 0, missing),
                                      bias.defined() ? bias : torch::zeros({weight.size(1)}),
                                      stride, padding);
}

}  // namespace ersatz::compute
