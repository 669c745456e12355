// A detector from whatever kind of weight file holds it.
#pragma once

#include <c10/core/Device.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/detection/detector.h"
#include "models/detection/script_detector.h"

namespace ersatz::models {

struct OpenDetectorOptions {
  std::optional<char> scale;  // of YOLOv8; default: as the weights are
  bool masks = true;
  Trust trust = Trust::kRefuse;  // of TorchScript programs
};

struct OpenedDetector {
  std::shared_ptr<Predictor> predictor;
  std::vector<std::string> classes;  // names that the file tells; empty: none
  std::string description;           // "YOLOv8n-seg, 80 classes", "TorchScript, 80 classes, masks"
};

// YOLOv8 by Ultralytics' names, a file of detector_file.h, or TorchScript. Errors as load_yolov8,
// load_detector and load_script_detector.
OpenedDetector open_detector(const std::filesystem::path& file, const OpenDetectorOptions& options,
                             const c10::Device& device);

// Names of a detector's classes. `text`: a file with one name per line, "coco", or names separated
// by commas; empty: `known`, or COCO's for 80 classes. Error::usage when there are none or not
// `count`, for an empty name and a name twice; Error::missing for a file that is not there.
std::vector<std::string> detector_classes(const std::string& text,
                                          const std::vector<std::string>& known,
                                          std::int64_t count);

}  // namespace ersatz::models
