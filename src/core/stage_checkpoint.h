// Whether an attempt at a stage that was interrupted left something to go on from.
#pragma once

#include <filesystem>

#include "core/stage_plan.h"

namespace ersatz::core {

// The checkpoint below `partial` (StageCache::partial_dir) is not empty. A forced stage goes on
// from its own run's only: from one that was written to after stage.since, within whose second it
// may as well be older; from none where that is empty.
bool has_checkpoint(const std::filesystem::path& partial, const PlannedStage& stage);

}  // namespace ersatz::core
