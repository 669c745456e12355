#include "runner/labelling/segmenter_source.h"

#include <fmt/format.h>

#include "compute/torch_device.h"
#include "core/digest.h"
#include "models/detection/open_detector.h"
#include "models/segmentation/small_segmenter.h"

namespace ersatz::runner {

SegmenterSource::SegmenterSource(const SegmenterChoice& choice,
                                 const std::vector<std::string>& dataset_classes,
                                 const std::vector<std::pair<std::string, std::string>>& pairs,
                                 const std::string& device)
    : choice_(choice), pairs_(pairs) {
  const c10::Device on = compute::torch_device(device);
  const std::string name = choice.weights.stem().string();
  if (models::is_small_segmenter(choice.weights)) {
    small_ = std::make_unique<label::SemanticSegmenter>(choice.weights, name, on);
    network_classes_ = small_->classes();
    small_classes_.emplace(dataset_classes, pairs, network_classes_);
    return;
  }
  models::OpenDetectorOptions opening;
  opening.trust = choice.trust ? models::Trust::kTrusted : models::Trust::kRefuse;
  const models::OpenedDetector detector = models::open_detector(choice.weights, opening, on);
  network_classes_ = models::detector_classes(choice.network_classes, detector.classes,
                                              detector.predictor->classes());
  label::SegmenterOptions how;
  how.confidence = choice.confidence;
  how.overlap = choice.overlap;
  how.size = choice.size;
  yolo_ = std::make_unique<label::Segmenter>(
      detector.predictor, label::ClassMap(dataset_classes, pairs, network_classes_), name, how, on);
}

std::string SegmenterSource::method() const { return yolo_ ? yolo_->method() : small_->method(); }

core::Json SegmenterSource::settings() const {
  core::Json settings = {{"method", method()},
                         {"weights", core::sha256_file(choice_.weights)},
                         {"conf", choice_.confidence}};
  settings["classes"] = core::Json::array();
  for (const auto& [own, found_as] : pairs_) settings["classes"].push_back({own, found_as});
  if (!yolo_) return settings;
  settings["iou"] = choice_.overlap;
  settings["size"] = choice_.size;
  // Which number of the network means which name.
  settings["network_classes"] =
      core::sha256_hex(fmt::format("{}", fmt::join(network_classes_, "\n")));
  return settings;
}

std::vector<label::ObjectLabel> SegmenterSource::label(const data::RgbImage& picture,
                                                       const std::vector<label::WordMap>&,
                                                       std::optional<std::int64_t> prompted) const {
  if (yolo_) return yolo_->labels(picture, prompted);
  std::vector<label::ObjectLabel> kept;
  for (label::ObjectLabel& label : small_->labels(picture)) {
    const auto class_index = small_classes_->dataset_class(label.class_index, prompted);
    if (!class_index || label.score <= choice_.confidence) continue;
    label.class_index = *class_index;
    kept.push_back(std::move(label));
  }
  return kept;
}

}  // namespace ersatz::runner
