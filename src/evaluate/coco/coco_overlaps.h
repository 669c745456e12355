// Overlaps of detections with objects, as COCO counts them.
#pragma once

#include <vector>

#include "data/coco/coco_reader.h"
#include "evaluate/coco/coco_evaluation.h"

namespace ersatz::evaluate {

// [detections, objects]: intersection over union; with a crowd, intersection over the detection.
std::vector<double> coco_overlaps(const std::vector<const data::CocoObject*>& detections,
                                  const std::vector<const data::CocoObject*>& objects,
                                  CocoShape shape);

}  // namespace ersatz::evaluate
