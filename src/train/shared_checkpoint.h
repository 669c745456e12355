// One rank's checkpoint on all ranks.
#pragma once

#include <optional>

#include "compute/ranks/rank_group.h"
#include "core/json.h"
#include "train/checkpoint.h"

namespace ersatz::train {

// What rank 0 has in `saved`, on every rank; the others need no access to its files.
// `configuration`: of the training, the same everywhere (else Error::usage naming what differs).
std::optional<Checkpoint> share_checkpoint(compute::RankGroup& group,
                                           std::optional<Checkpoint> saved,
                                           const core::Json& configuration);

}  // namespace ersatz::train
