// COCO's metrics of a detector on pictures in memory.
#pragma once

#include <c10/core/Device.h>

#include <array>
#include <string>
#include <vector>

#include "data/coco/coco_reader.h"
#include "data/detection/detection_set.h"
#include "models/detection/detector.h"
#include "models/detection/select.h"

namespace ersatz::evaluate {

struct DetectorEvaluationOptions {
  double confidence = 0.001, overlap = 0.7;
  std::int64_t most = 300;  // detections of a picture
};

struct DetectorEvaluation {
  data::CocoGroundTruth truth;               // image ids 1, 2, ... in the set's order; class k is
  std::vector<data::CocoObject> detections;  // category k + 1; px of the files
  std::array<double, 12> summary;            // as coco_summary
  std::vector<double> class_ap;              // of each class; -1: there is none of it
};

// The pictures' ground truth in px of their files.
data::CocoGroundTruth coco_truth(const data::DetectionSet& set);

// `network` in evaluation mode on `device`. Every class of a place counts (Ultralytics'
// validation).
DetectorEvaluation evaluate_detector(models::Predictor& network, const data::DetectionSet& set,
                                     const DetectorEvaluationOptions& options,
                                     const c10::Device& device);

}  // namespace ersatz::evaluate
