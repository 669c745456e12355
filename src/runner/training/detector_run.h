// `ersatz train detector`.
#pragma once

#include "compute/ranks/rank_group.h"
#include "core/ranks.h"
#include "runner/training/train_options.h"

namespace ersatz::runner {

// Writes into options.detector.out: label_report.json (of training and validation), metrics.jsonl,
// checkpoints/, last.safetensors, best.safetensors; with a validation set truth.json and
// results.json (COCO, of the best weights) and summary.json. Prints a line, or the summary as JSON.
// Of several ranks (docs/ranks.md) all call it; rank 0 does all of this, the others compute their
// parts of each batch.
void run_train_detector(const TrainOptions& options, const core::Ranks& ranks,
                        compute::RankGroup* group);

}  // namespace ersatz::runner
