// A run of stages on several ranks: rank 0 conducts it as if it were alone; the others take part in
// the bodies of collective stages.
#pragma once

#include <string>
#include <vector>

#include "compute/ranks/rank_group.h"
#include "core/stage_executor.h"
#include "core/stage_plan.h"

namespace ersatz::runner {

// On rank 0: what tells the others of a stage that begins, and of the end of all.
void announce_stages(compute::RankGroup& group, core::ExecutorOptions& options);
void announce_end(compute::RankGroup& group);

// On the others: takes part in what rank 0 announces, until the end. Inputs are read where rank 0
// has them, so the folder of runs must be shared by all machines. What the bodies write goes to a
// folder for temporary files and is thrown away.
void follow_stages(compute::RankGroup& group, const std::vector<core::PlannedStage>& plan);

}  // namespace ersatz::runner
