#include "models/detection/detector_zoo.h"

#include <algorithm>

#include "core/suggest.h"
#include "models/detection/retinanet.h"
#include "models/detection/yolov5.h"
#include "models/detection/yolov8.h"

namespace ersatz::models {

namespace {

bool is_family(const std::string& name, const char* family) { return name.rfind(family, 0) == 0; }

}  // namespace

const std::vector<std::string>& detector_names() {
  static const std::vector<std::string> names = {"yolov8n",
                                                 "yolov8s",
                                                 "yolov8m",
                                                 "yolov8l",
                                                 "yolov8x",
                                                 "yolov5n",
                                                 "yolov5s",
                                                 "yolov5m",
                                                 "retinanet_resnet18",
                                                 "retinanet_resnet50",
                                                 "retinanet_resnet18_v2",
                                                 "retinanet_resnet50_v2"};
  return names;
}

std::shared_ptr<Detector> make_detector(const DetectorArchitecture& architecture,
                                        std::uint64_t seed) {
  const std::string& name = architecture.name;
  const auto& names = detector_names();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    throw core::unknown_name("detector", name, names);
  }
  if (is_family(name, "yolov8")) {
    Yolov8Config config;
    config.scale = name.back();
    config.classes = architecture.classes;
    auto network = std::make_shared<Yolov8>(config);
    initialise_yolov8(*network, seed);
    return network;
  }
  if (is_family(name, "yolov5")) {
    auto network = std::make_shared<Yolov5>(Yolov5Config{name.back(), architecture.classes});
    initialise_yolov5(*network, seed);
    return network;
  }
  RetinaNetConfig config;
  config.layers = name.find("resnet18") != std::string::npos ? 18 : 50;
  config.classes = architecture.classes;
  config.smallest_anchor = architecture.smallest_anchor;
  config.version = name.find("_v2") != std::string::npos ? 2 : 1;
  return std::make_shared<RetinaNet>(config, seed);
}

double usual_overlap(const DetectorArchitecture& architecture) {
  if (is_family(architecture.name, "yolov8")) return 0.7;
  return is_family(architecture.name, "yolov5") ? 0.6 : 0.5;
}

}  // namespace ersatz::models
