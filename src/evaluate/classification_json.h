// The results of a classifier as JSON, for summaries and reports.
#pragma once

#include <string>
#include <vector>

#include "core/json.h"
#include "evaluate/classification.h"

namespace ersatz::evaluate {

// {"count", "accuracy", "macro_precision", "macro_recall", "macro_f1", "per_class": [{"class",
// "precision", "recall", "f1", "support"}], "confusion": [[...]]}; scores in [0, 1], macro averages
// over the classes present, confusion[truth][prediction]. Error::internal when the names do not
// match.
core::Json to_json(const ConfusionMatrix& matrix, const std::vector<std::string>& classes);

}  // namespace ersatz::evaluate
