// Scores of labels as JSON, numbers in full; null where there is nothing to say.
#pragma once

#include "core/json.h"
#include "evaluate/labels/label_scores.h"

namespace ersatz::evaluate {

// {"pictures", "without_labels", "objects", "found", "labels", "right", "precision", "recall",
//  "mask_iou", "mask_count", "object_iou", "ap", "ap50", "ap75",
//  "calibration": {"error", "brier", "bins": [{"low", "high", "count", "mean_score",
//  "precision"}]}, "classes": [...], "by_objects": [...]}
core::Json label_scores_json(const LabelScores& scores);

}  // namespace ersatz::evaluate
