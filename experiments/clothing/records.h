// What the stages found, as metrics, pictures and notes.
#pragma once

#include <string>

#include "core/experiment.h"

namespace ersatz::clothing {

// <prefix>.recognised, .recognised.<class>, .frechet, .kernel, .diversity, .nearest_ratio, .near of
// an arm, for the seeds of its trainings; the reason where it was not run. `prefix`: "article", or
// "comparison.<arm>".
void record_arm(core::RunContext& run, const core::FinishedStages& stages, const std::string& arm,
                const std::string& prefix, core::MetricTable& metrics);

// Why the metrics of arms that this profile leaves out are not there.
void record_left_out(core::RunContext& run, core::MetricTable& metrics);

// article.confusion.<asked for>.<taken for>.
void record_confusion(core::RunContext& run, const core::FinishedStages& stages,
                      core::MetricTable& metrics);

// real_test.*: the judge's accuracy on real test pictures, and their distances from the training
// pictures; real_test_foreground.* after GrabCut.
void record_real(core::RunContext& run, const core::FinishedStages& stages,
                 core::MetricTable& metrics);

// progress.recognised@<epoch>, progress.frechet@<epoch>, progress.kernel@<epoch>.
void record_progress(core::RunContext& run, const core::FinishedStages& stages,
                     core::MetricTable& metrics);

// training.discriminator_loss_real@<epoch> and its like, from the log of the article's training;
// at most 50 epochs of it.
void record_training_curves(core::RunContext& run, const core::FinishedStages& stages,
                            core::MetricTable& metrics);

// use.real.accuracy@<N>, use.real_generated.accuracy@<N>, use.generated.accuracy;
// use.share.real.accuracy, use.share.real_generated.accuracy; comparison.<arm>.use_accuracy.
void record_use_test(core::RunContext& run, const core::FinishedStages& stages,
                     core::MetricTable& metrics);

void record_pictures(core::RunContext& run, const core::FinishedStages& stages,
                     core::Results& results);
void record_throughput(core::RunContext& run, const core::FinishedStages& stages,
                       core::Results& results);
void record_notes(core::RunContext& run, const core::FinishedStages& stages,
                  core::Results& results);

}  // namespace ersatz::clothing
