// What the stages found, as metrics, pictures and notes.
#pragma once

#include <string>

#include "core/experiment.h"

namespace ersatz::fruit {

// <set>.test.accuracy, .f1, .validation.accuracy, .f1, .gap, .diversity,
// .confusion.<true>.<predicted>; a reason where the set was not run.
void record_set(core::RunContext& run, const core::FinishedStages& stages, const std::string& set,
                core::MetricTable& metrics);

// hybrid.above_copy_paste: by how many points its test accuracy is higher, replicate by replicate.
void record_hybrid_gain(core::RunContext& run, const core::FinishedStages& stages,
                        core::MetricTable& metrics);

void record_pictures(core::RunContext& run, const core::FinishedStages& stages,
                     core::Results& results);

// The median over all classifiers of the pictures trained on per second.
void record_throughput(core::RunContext& run, const core::FinishedStages& stages,
                       core::Results& results);

void record_notes(core::RunContext& run, core::Results& results);

}  // namespace ersatz::fruit
