// All detectors that can be trained, by name.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/detection/detector.h"

namespace ersatz::models {

struct DetectorArchitecture {
  std::string name = "yolov8n";  // one of detector_names()
  std::int64_t classes = 80;
  // Of RetinaNet: side of the smallest anchor, px; the others in proportion. torchvision: 32.
  double smallest_anchor = 32;
};

// "yolov8n" ... "yolov8x", "yolov5n", "yolov5s", "yolov5m", "retinanet_resnet18",
// "retinanet_resnet50", and the second version of both: "retinanet_resnet18_v2", ...
const std::vector<std::string>& detector_names();

// With initial weights that depend on `seed` only, in evaluation mode on the CPU. Error::unknown
// for another name; Error::usage for sizes that make no network.
std::shared_ptr<Detector> make_detector(const DetectorArchitecture& architecture,
                                        std::uint64_t seed);

// Overlap above which the lesser of two detections is a double, as the family's authors set it: 0.7
// for YOLOv8, 0.6 for YOLOv5's validation, 0.5 for RetinaNet.
double usual_overlap(const DetectorArchitecture& architecture);

}  // namespace ersatz::models
