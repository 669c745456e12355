// Precision over recall of a detector, as COCO's metrics count them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evaluate/coco/coco_evaluation.h"
#include "report/figure.h"

namespace ersatz::report {

// Three curves: overlaps of 0.50 and 0.75, and the mean over 0.50, 0.55, ... 0.95; each with its
// average precision, which is the area below it. Means over the classes `categories` (positions in
// curves.categories) that have something to find; objects of all sizes, 100 detections of a
// picture. Precision is that of pycocotools: at a recall, the best at this recall or above it, 0
// where it is not reached. Nothing when there is nothing to find.
std::optional<Figure> precision_recall_figure(const evaluate::CocoCurves& curves,
                                              const std::vector<std::size_t>& categories,
                                              const std::string& id, const std::string& title);

}  // namespace ersatz::report
