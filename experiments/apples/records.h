// What the stages found, as metrics, pictures and notes. A metric that was not measured says why.
#pragma once

#include <string>

#include "core/experiment.h"
#include "label_choice.h"

namespace ersatz::apples {

// test.<family>.<arm>.<ap|ap50|ap75|ap_small|ap_medium|ap_large>, test.labeller.<same>;
// gap.<family>.<generated|both>.<ap|ap50|ap75>: the baseline's less the arm's, one value for each
// seed, and gap.<family>.<arm>.ap_low, .ap_high: the bootstrap's interval;
// precision.<family>.<arm>@<recall>; curve.generated.<ap|ap50>@<pictures> and curve.real.*.
void record_tests(core::RunContext& run, const core::FinishedStages& stages,
                  const LabelChoice& labels, core::MetricTable& metrics);

// labels.<detector|attention>.<ap50|precision|recall>, .objects; set.<part>.<pictures|objects>.
void record_labels(core::RunContext& run, const core::FinishedStages& stages,
                   const LabelChoice& labels, core::MetricTable& metrics);

void record_pictures(core::RunContext& run, const core::FinishedStages& stages,
                     core::Results& results);
void record_throughput(core::RunContext& run, const core::FinishedStages& stages,
                       core::Results& results);
void record_notes(core::RunContext& run, const core::FinishedStages& stages,
                  const LabelChoice& labels, core::Results& results);

// ---- For the functions above.

// Why a stage, or what it should have said, is not there. `arm`: of the detector concerned.
std::string missing_reason(core::RunContext& run, const core::FinishedStages& stages,
                           const LabelChoice& labels, const std::string& stage,
                           const std::string& arm);

}  // namespace ersatz::apples
