// What the arms of a family are worth and how far they are from the baseline, with intervals over
// the test pictures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/experiment.h"
#include "names.h"
#include "real_set.h"

namespace ersatz::apples {

// An arm as a family has it: its lesson and the seeds that were tested.
struct TestedArm {
  Lesson lesson;
  std::vector<std::int64_t> seeds;
};

// Bootstrap over the pictures of the test part, or the photographs that they were cut from, the
// same draws for all arms and seeds. The first arm is the baseline. Summary: {"scores": {lesson:
// {"AP", "AP50", "AP75": {"sd", "low", "high"}}}, "gaps": the same for baseline less lesson, of the
// lessons behind the first}. Arms with a seed that learned nothing are left out.
std::string add_gaps(core::RunContext& run, core::StageGraph& graph, const RealSet& real,
                     const std::string& family, const std::vector<TestedArm>& arms);

}  // namespace ersatz::apples
