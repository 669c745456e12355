#include "compute/dense_kernel.h"

#include <cstring>
#include <utility>

namespace ersatz::compute {

namespace {

// Inputs whose weights are brought into order at a time: with 64 outputs that fills most of a
// first-level cache of 48 KB, the rows' part of it passing through.
constexpr std::int64_t kDepth = 144;

// A multiple of 16, a cache line of a row; near-equal parts of all inputs.
constexpr std::int64_t inputs_at_a_time(std::int64_t inputs, std::int64_t taps) {
  const std::int64_t lines = (inputs + 15) / 16;
  const std::int64_t most = kDepth / taps < 16 ? 1 : kDepth / taps / 16;
  const std::int64_t parts = (lines + most - 1) / most;
  return (lines + parts - 1) / parts * 16;
}

#define ERSATZ_LANES_FILE "compute/dense_lanes.h"
#include "compute/for_each_isa.h"

}  // namespace

std::int64_t dense_workspace(std::int64_t inputs, std::int64_t taps) {
  return inputs_at_a_time(inputs, taps) * taps * kDenseOutputs;
}

void dense_forward(VectorIsa isa, const DenseBlock& block, float* workspace) {
  ERSATZ_DISPATCH_TO(isa, dense_forward, block, workspace);
}

}  // namespace ersatz::compute
