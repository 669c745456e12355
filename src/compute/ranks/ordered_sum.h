// Sums over the parts of a batch whose bits do not depend on which rank computed which part.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "compute/ranks/rank_group.h"

namespace ersatz::compute {

// `count` things divided into `parts`: those of one of them.
struct PartRange {
  std::int64_t first = 0, count = 0;
  std::int64_t end() const { return first + count; }
};
PartRange part_range(std::int64_t count, std::int64_t part, std::int64_t parts);

// parts[p][i]: tensor i of this rank's p-th part, of equal shapes and float32 in all parts of all
// ranks. Afterwards parts[0][i] is the sum ((part 0 + part 1) + part 2) + ... over the parts of
// rank 0, then of rank 1, ..., on every rank; the other parts are changed, too. Each rank needs at
// least one part.
//
// The sum goes along the ranks as in a pipeline, a few megabytes at a time, and back by broadcasts:
// per rank as much traffic as a ring's all-reduce, whose order of additions would depend on the
// number of ranks. `group` null: this process's parts alone.
void ordered_sum(RankGroup* group, std::vector<std::vector<torch::Tensor>>& parts);

}  // namespace ersatz::compute
