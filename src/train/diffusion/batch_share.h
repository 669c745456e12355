// How the batches of a diffusion model's training are divided into parts.
#pragma once

#include <c10/core/Device.h>

#include <cstdint>

#include "compute/ranks/ordered_sum.h"
#include "compute/ranks/rank_group.h"

namespace ersatz::train {

struct BatchShare {
  std::int64_t parts = 1;               // of all ranks together
  compute::RankGroup* ranks = nullptr;  // each computes equally many of them, or one more

  compute::PartRange own() const;  // the parts of this rank
};

// On the CPU `wanted` parts or, for 0, one for each of libtorch's threads on every rank, but no more
// than a batch has samples: parts are computed side by side, each on one thread. On accelerators one
// for every rank. Error::usage when a rank would have none.
BatchShare share_batch(std::int64_t wanted, const c10::Device& device, std::int64_t batch_size,
                       compute::RankGroup* ranks);

}  // namespace ersatz::train
