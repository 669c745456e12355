// What the stages found, as metrics, pictures and notes. A metric that was not measured says why.
#pragma once

#include <string>

#include "core/experiment.h"

namespace ersatz::diffugen {

// scenes.<set>.<method>.<measure> of web, camera and unseen; crowd.<method>.<measure>@<objects>;
// calibration.<method>.right@<score>, .error, and calibration.perfect@<score>, the line on which
// scores mean what they say. (record_scenes.cpp)
void record_scenes(core::RunContext& run, const core::FinishedStages& stages,
                   core::MetricTable& metrics);

// generated.<task>.shown, generated.<task>.<recipe>.<measure>; sample.<method>.<measure>.
void record_generated(core::RunContext& run, const core::FinishedStages& stages,
                      core::MetricTable& metrics);

// diversity.<generated|scenes>.<attribute>, .total; diversity.<task>; diversity.*.as_asked.
void record_diversity(core::RunContext& run, const core::FinishedStages& stages,
                      core::MetricTable& metrics);

// use.<lesson>.<web|camera>.<measure>.
void record_use_test(core::RunContext& run, const core::FinishedStages& stages,
                     core::MetricTable& metrics);

void record_pictures(core::RunContext& run, const core::FinishedStages& stages,
                     core::Results& results);
void record_throughput(core::RunContext& run, const core::FinishedStages& stages,
                       core::Results& results);
void record_notes(core::RunContext& run, const core::FinishedStages& stages,
                  core::Results& results);

// ---- For the functions above.

// Why a stage is not there.
std::string missing_reason(core::RunContext& run, const core::FinishedStages& stages,
                           const std::string& stage, bool needs_model);

// The measures of {"masks", "boxes"} scores that tables show, in %: mask_iou, object_iou,
// precision, recall, box_ap, box_ap50. What could not be measured (no label, no object) is left
// out; `prefix` ends with a dot.
void add_measures(const std::string& prefix, std::int64_t seed, const core::Json& scores,
                  core::MetricTable& metrics);
void add_measures_not_run(const std::string& prefix, const std::string& reason,
                          core::MetricTable& metrics);

}  // namespace ersatz::diffugen
