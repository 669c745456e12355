#include "compute/attention_gradient_kernel.h"

#include <cstring>

namespace ersatz::compute {

namespace {

// Blocks of probabilities: small enough to stay in the first-level cache with their gradient. All
// 77 tokens of a prompt fit one block of keys.
constexpr std::int64_t kQueryBlock = 32, kKeyBlock = 80;

// Rows of scratch matrices are padded to the widest vectors.
constexpr std::int64_t kPadding = 16;

std::int64_t padded(std::int64_t count) { return (count + kPadding - 1) / kPadding * kPadding; }

#define ERSATZ_LANES_FILE "compute/attention_gradient_lanes.h"
#include "compute/for_each_isa.h"

}  // namespace

std::int64_t attention_gradient_tasks(const AttentionShape& shape) {
  return shape.batch * shape.heads;
}

std::int64_t attention_gradient_workspace(const AttentionShape& shape) {
  const std::int64_t width = padded(shape.width), value_width = padded(shape.value_width);
  return shape.queries * (2 * width + value_width) + padded(shape.queries) +
         shape.keys * (2 * width + value_width) + (shape.width + shape.value_width) * kKeyBlock +
         2 * kQueryBlock * kKeyBlock;
}

void attention_backward(VectorIsa isa, const AttentionGradient& gradient, std::int64_t first,
                        std::int64_t last, float* workspace) {
  ERSATZ_DISPATCH_TO(isa, attention_backward, gradient, first, last, workspace);
}

}  // namespace ersatz::compute
