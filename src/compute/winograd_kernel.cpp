#include "compute/winograd_kernel.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace ersatz::compute {

namespace {

#define ERSATZ_LANES_FILE "compute/winograd_lanes.h"
#include "compute/for_each_isa.h"

}  // namespace

void winograd_pack(VectorIsa isa, const float* weight, std::int64_t inputs, std::int64_t outputs,
                   bool flip, std::int64_t task, float* packed) {
  ERSATZ_DISPATCH_TO(isa, winograd_pack, weight, inputs, outputs, flip, task * kWinogradChannels,
                     packed);
}

std::int64_t winograd_workspace(std::int64_t inputs, std::int64_t tiles) {
  // Zeros, points of the input, sums of one panel; each point padded by 16.
  return inputs + kWinogradPoints * (tiles * (inputs + kWinogradOutputs) + 2 * 16);
}

void winograd_forward(VectorIsa isa, const WinogradProblem& problem, std::int64_t first,
                      std::int64_t count, std::int64_t first_output, std::int64_t last_output,
                      float* workspace) {
  ERSATZ_DISPATCH_TO(isa, winograd_forward, problem, first, count, first_output, last_output,
                     workspace);
}

void winograd_input_points(VectorIsa isa, const WinogradShape& shape, const float* x,
                           std::int64_t channels, const float* zeros, std::int64_t first,
                           std::int64_t count, float* points, std::int64_t point_stride) {
  ERSATZ_DISPATCH_TO(isa, input_to_points, shape, x, channels, zeros, first, count, points,
                     point_stride);
}

void winograd_gradient_points(VectorIsa isa, const WinogradShape& shape, const float* dy,
                              std::int64_t channels, const float* zeros, std::int64_t first,
                              std::int64_t count, std::int64_t begin, std::int64_t tiles,
                              float* points, std::int64_t point_stride) {
  ERSATZ_DISPATCH_TO(isa, gradient_to_points, shape, dy, channels, zeros, first, count, begin,
                     tiles, points, point_stride);
}

void winograd_weight_product(VectorIsa isa, const WinogradGradient& gradient, std::int64_t point,
                             std::int64_t output, bool add) {
  ERSATZ_DISPATCH_TO(isa, winograd_weight_product, gradient, point, output, add);
}

void winograd_unpack(VectorIsa isa, const float* sum, std::int64_t inputs, std::int64_t outputs,
                     std::int64_t task, float* weight_gradient) {
  ERSATZ_DISPATCH_TO(isa, winograd_unpack, sum, inputs, outputs, task * kWinogradChannels,
                     weight_gradient);
}

}  // namespace ersatz::compute
