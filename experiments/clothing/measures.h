// Stages that measure generated pictures, and the real ones beside them.
#pragma once

#include <cstdint>
#include <string>

#include "core/experiment.h"

namespace ersatz::clothing {

// Of samples/<arm>/seed-k: "recognised" (what the judge takes the balanced set for), "frechet" and
// "kernel" (distance of the matched set to the training pictures in the judge's features),
// "diversity" (variance within a class, relative to the training pictures'), "nearest" (of the
// balanced set to the pictures trained on, relative to the test pictures').
std::string add_measures(core::RunContext& run, core::StageGraph& graph, const std::string& arm,
                         std::int64_t seed);

// The same distances and variances of the real test pictures, for comparison: what is left when
// nothing was generated.
std::string add_real_measures(core::RunContext& run, core::StageGraph& graph,
                              const std::string& pictures);
std::string real_measures_stage(const std::string& pictures);

// How the article's generator came there: "recognised" and "frechet" after gan.snapshots epochs.
std::string add_progress(core::RunContext& run, core::StageGraph& graph, std::int64_t seed);
std::string progress_stage(std::int64_t seed);

}  // namespace ersatz::clothing
