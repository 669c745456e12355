// From predictions to detections: thresholds and suppression of doubles, as Ultralytics' (2023)
// non_max_suppression and torchvision's nms do it.
#pragma once

#include <cstdint>
#include <vector>

#include "models/detection/detector.h"

namespace ersatz::models {

struct Detection {
  float x0 = 0, y0 = 0, x1 = 0, y1 = 0;  // px of the network's input
  float score = 0;
  std::int64_t class_index = 0;
  std::int64_t place = 0;  // among the predictions
};

// Greedy suppression within each class: detections by descending score (of equals the earlier
// first), each kept unless its intersection over union with a kept one of its class exceeds
// `overlap`. At most `most` are returned.
std::vector<Detection> suppress_doubles(std::vector<Detection> detections, float overlap,
                                        std::int64_t most);

struct SelectOptions {
  double confidence = 0.25;  // scores must exceed it; in validation 0.001
  double overlap = 0.7;
  // Every class above the threshold gives a detection, not only the best of a place: validation.
  bool multi_label = false;
  std::int64_t most = 300;            // detections of a picture
  std::int64_t candidates = 30'000;   // the best so many go into suppression
  std::vector<std::int64_t> classes;  // only these; empty: all
};

// Error::usage for thresholds outside [0, 1], limits below 1 and classes that there are not.
void check_select_options(const SelectOptions& options, std::int64_t classes);

// Of picture `b` of the batch, best first. Predictions on any device.
std::vector<Detection> select_detections(const Predictions& predictions, std::int64_t b,
                                         const SelectOptions& options);

}  // namespace ersatz::models
