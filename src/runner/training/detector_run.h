// `ersatz train detector`.
#pragma once

#include "runner/training/train_options.h"

namespace ersatz::runner {

// Writes into options.detector.out: label_report.json (of training and validation), metrics.jsonl,
// checkpoints/, last.safetensors, best.safetensors; with a validation set truth.json and
// results.json (COCO, of the best weights) and summary.json. Prints a line, or the summary as JSON.
void run_train_detector(const TrainOptions& options);

}  // namespace ersatz::runner
