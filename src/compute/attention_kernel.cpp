#include "compute/attention_kernel.h"

#include <cstring>

namespace ersatz::compute {

namespace {

constexpr std::int64_t kQueryBlock = 64, kKeyBlock = 48;

#define ERSATZ_LANES_FILE "compute/attention_lanes.h"
#include "compute/for_each_isa.h"

}  // namespace

std::int64_t attention_tasks(const AttentionShape& shape) {
  return shape.batch * shape.heads * ((shape.queries + kQueryBlock - 1) / kQueryBlock);
}

std::int64_t attention_workspace(const AttentionShape& shape) {
  return kQueryBlock * (shape.width + shape.value_width + kKeyBlock + 4);
}

void attention_forward(VectorIsa isa, const AttentionShape& shape, const float* q, const float* k,
                       const float* v, float* out, std::int64_t first, std::int64_t last,
                       float* workspace, float* log_sums) {
  ERSATZ_DISPATCH_TO(isa, attention_forward, shape, q, k, v, out, first, last, workspace, log_sums);
}

}  // namespace ersatz::compute
