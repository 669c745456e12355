#include "compute/winograd.h"

#include <ATen/Parallel.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <vector>

#include "compute/parallel.h"
#include "compute/pixel_rows.h"
#include "compute/tensor_memory.h"
#include "compute/winograd_kernel.h"

namespace ersatz::compute {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// A second-level cache of 1 MB holds the points of a task's inputs and of its sums.
constexpr std::int64_t kInputFloats = 112 << 10;
// Weights beyond this many bytes do not stay in the third-level cache from task to task.
constexpr std::int64_t kLargeWeights = 16 << 20;
constexpr std::int64_t kLargeBlock = 144;  // tiles of a task then
// Points of inputs and gradients that are made together for the gradient of the weights.
constexpr std::int64_t kChunkFloats = 3 << 20;
constexpr std::int64_t kTilesOfTask = 16;  // when points are made

WinogradShape shape_of(const torch::Tensor& rows) {
  return {rows.size(0), rows.size(1), rows.size(2)};
}

// Tiles of a task: a multiple of the six rows of a register tile.
std::int64_t tiles_of_task(std::int64_t inputs, std::int64_t outputs, std::int64_t tiles) {
  if (kWinogradPoints * inputs * outputs * 4 > kLargeWeights) return std::min(tiles, kLargeBlock);
  const std::int64_t fitting = kInputFloats / (kWinogradPoints * inputs) / 6 * 6;
  return std::min(tiles, std::clamp<std::int64_t>(fitting, 24, 48));
}

torch::Tensor pack(const torch::Tensor& weight_rows, std::int64_t inputs, std::int64_t outputs,
                   bool flip) {
  torch::Tensor packed = empty_result({kWinogradPoints * inputs * outputs});
  const float* from = weight_rows.data_ptr<float>();
  float* to = packed.data_ptr<float>();
  run_tasks(outputs / kWinogradChannels, 0, [&](std::int64_t task, float*) {
    winograd_pack(vector_isa(), from, inputs, outputs, flip, task, to);
  });
  return packed;
}

// `rows` [B, H, W, inputs] to [B, outputs, H, W] with packed weights.
torch::Tensor convolve(const torch::Tensor& rows, const torch::Tensor& packed, std::int64_t outputs,
                       const ConvFinish& finish) {
  const WinogradShape shape = shape_of(rows);
  const std::int64_t inputs = rows.size(3);
  torch::Tensor y = empty_channels_last(shape.batch, outputs, shape.height, shape.width);
  const torch::Tensor residual =
      finish.residual.defined() ? rows_of_pixels(finish.residual) : torch::Tensor();
  const torch::Tensor bias = finish.bias.defined() ? finish.bias.contiguous() : torch::Tensor();
  WinogradProblem problem;
  problem.shape = shape;
  problem.inputs = inputs;
  problem.outputs = outputs;
  problem.x = rows.data_ptr<float>();
  problem.packed = packed.data_ptr<float>();
  problem.y = y.data_ptr<float>();
  if (bias.defined()) problem.bias = bias.data_ptr<float>();
  if (residual.defined()) problem.residual = residual.data_ptr<float>();
  problem.relu = finish.relu;
  problem.silu = finish.silu;

  const std::int64_t tiles = shape.tiles(), block = tiles_of_task(inputs, outputs, tiles);
  const std::int64_t blocks = parts_of(tiles, block), panels = parts_of(outputs, kWinogradOutputs);
  // Points of the input are made once per task: outputs are divided only for want of tiles.
  const std::int64_t wanted = 4 * at::get_num_threads();
  const std::int64_t groups = std::clamp<std::int64_t>(parts_of(wanted, blocks), 1, panels);
  run_tasks(blocks * groups, winograd_workspace(inputs, block),
            [&](std::int64_t task, float* scratch) {
              const std::int64_t i = task % blocks, g = task / blocks;
              const std::int64_t first = tiles * i / blocks, last = tiles * (i + 1) / blocks;
              const auto output = [&](std::int64_t group) {
                return std::min(outputs, panels * group / groups * kWinogradOutputs);
              };
              winograd_forward(vector_isa(), problem, first, last - first, output(g), output(g + 1),
                               scratch);
            });
  return y;
}

// Gradient of the weights as [K, 3, 3, C].
torch::Tensor weight_gradient(const torch::Tensor& x, const torch::Tensor& dy) {
  const WinogradShape shape = shape_of(x);
  const std::int64_t inputs = x.size(3), outputs = dy.size(3), tiles = shape.tiles();
  const std::int64_t chunk = std::min(
      tiles,
      std::max<std::int64_t>(kTilesOfTask, kChunkFloats / (inputs + outputs) / kWinogradPoints));
  const std::int64_t chunks = parts_of(tiles, chunk);
  const std::vector<float> zeros(static_cast<std::size_t>(std::max(inputs, outputs)), 0.0F);
  WinogradGradient gradient;
  gradient.inputs = inputs;
  gradient.outputs = outputs;
  gradient.x_stride = chunk * inputs + 16;
  gradient.dy_stride = chunk * outputs + 16;
  const torch::Tensor x_points = empty_result({kWinogradPoints * gradient.x_stride});
  const torch::Tensor dy_points = empty_result({kWinogradPoints * gradient.dy_stride});
  const torch::Tensor sum = empty_result({kWinogradPoints * inputs * outputs});
  float* const x_to = x_points.data_ptr<float>();
  float* const dy_to = dy_points.data_ptr<float>();
  gradient.x = x_to;
  gradient.dy = dy_to;
  gradient.sum = sum.data_ptr<float>();
  const float* const x_from = x.data_ptr<float>();
  const float* const dy_from = dy.data_ptr<float>();

  for (std::int64_t c = 0; c < chunks; ++c) {
    const std::int64_t first = tiles * c / chunks;
    gradient.tiles = tiles * (c + 1) / chunks - first;
    run_tasks(parts_of(gradient.tiles, kTilesOfTask), 0, [&](std::int64_t task, float*) {
      const std::int64_t begin = task * kTilesOfTask;
      const std::int64_t count = std::min(kTilesOfTask, gradient.tiles - begin);
      winograd_input_points(vector_isa(), shape, x_from, inputs, zeros.data(), first + begin, count,
                            x_to + begin * inputs, gradient.x_stride);
      winograd_gradient_points(vector_isa(), shape, dy_from, outputs, zeros.data(), first + begin,
                               count, begin, gradient.tiles, dy_to, gradient.dy_stride);
    });
    const std::int64_t panels = parts_of(outputs, kWinogradOutputs);
    run_tasks(kWinogradPoints * panels, 0, [&](std::int64_t task, float*) {
      winograd_weight_product(vector_isa(), gradient, task / panels,
                              task % panels * kWinogradOutputs, c > 0);
    });
  }
  torch::Tensor result = torch::empty({outputs, 3, 3, inputs});
  float* const to = result.data_ptr<float>();
  run_tasks(outputs / kWinogradChannels, 0, [&](std::int64_t task, float*) {
    winograd_unpack(vector_isa(), gradient.sum, inputs, outputs, task, to);
  });
  return result;
}

class WinogradConv2d : public torch::autograd::Function<WinogradConv2d> {
 public:
  static torch::Tensor forward(AutogradContext* context, const torch::Tensor& x,
                               const torch::Tensor& weight) {
    const torch::Tensor rows = rows_of_pixels(x), taps = rows_of_pixels(weight);
    context->save_for_backward({rows, taps});
    return convolve(rows, pack(taps, weight.size(1), weight.size(0), false), weight.size(0), {});
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& gradients) {
    const tensor_list saved = context->get_saved_variables();
    const torch::Tensor& rows = saved[0];
    const torch::Tensor& taps = saved[1];
    const torch::Tensor dy = rows_of_pixels(gradients[0]);
    tensor_list result(2);
    if (context->needs_input_grad(0)) {
      const std::int64_t inputs = taps.size(0), outputs = taps.size(3);
      result[0] = convolve(dy, pack(taps, inputs, outputs, true), outputs, {});
    }
    if (context->needs_input_grad(1)) {
      result[1] = weight_gradient(rows, dy).permute({0, 3, 1, 2});
    }
    return result;
  }
};

}  // namespace

bool winograd_fits(const torch::Tensor& x, const torch::Tensor& weight) {
  return x.is_cpu() && x.scalar_type() == torch::kFloat32 && x.dim() == 4 && x.numel() > 0 &&
         weight.scalar_type() == torch::kFloat32 && weight.dim() == 4 && weight.size(2) == 3 &&
         weight.size(3) == 3 && weight.size(1) == x.size(1) &&
         weight.size(0) % kWinogradChannels == 0 && weight.size(1) % kWinogradChannels == 0 &&
         weight.size(0) > 0;
}

torch::Tensor winograd_conv2d(const torch::Tensor& x, const torch::Tensor& weight) {
  TORCH_CHECK(winograd_fits(x, weight), "Winograd convolution of ", x.sizes(), " with ",
              weight.sizes());
  return WinogradConv2d::apply(x, weight);
}

WinogradWeights winograd_weights(const torch::Tensor& weight) {
  const torch::NoGradGuard no_grad;
  return {pack(rows_of_pixels(weight), weight.size(1), weight.size(0), false), weight.size(1),
          weight.size(0)};
}

torch::Tensor winograd_conv2d(const torch::Tensor& x, const WinogradWeights& weights,
                              const ConvFinish& finish) {
  TORCH_CHECK(x.is_cpu() && x.scalar_type() == torch::kFloat32 && x.dim() == 4 && x.numel() > 0 &&
                  x.size(1) == weights.inputs,
              "Winograd convolution of ", x.sizes(), " with weights for ", weights.inputs,
              " channels");
  const torch::NoGradGuard no_grad;
  return convolve(rows_of_pixels(x), weights.packed, weights.outputs, finish);
}

}  // namespace ersatz::compute
