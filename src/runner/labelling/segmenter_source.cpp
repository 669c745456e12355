#include "runner/labelling/segmenter_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "compute/torch_device.h"
#include "core/digest.h"
#include "core/error.h"
#include "models/detection/open_detector.h"
#include "models/segmentation/small_segmenter.h"

namespace ersatz::runner {

SegmenterSource::SegmenterSource(const LabelCommand& options,
                                 const std::vector<LabelClass>& classes)
    : options_(options) {
  const c10::Device device = compute::torch_device(options.device);
  const std::string name = std::filesystem::path(options.weights).stem().string();
  std::vector<std::string> dataset;
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const LabelClass& own : classes) {
    dataset.push_back(own.name);
    pairs.emplace_back(own.name, own.found_as);
  }
  if (models::is_small_segmenter(options.weights)) {
    small_ = std::make_unique<label::SemanticSegmenter>(options.weights, name, device);
    const label::ClassMap map(dataset, pairs, small_->classes());
    for (std::size_t k = 0; k < small_->classes().size(); ++k) {
      small_classes_.push_back(
          map.dataset_class(static_cast<std::int64_t>(k), std::nullopt).value_or(-1));
    }
    return;
  }
  models::OpenDetectorOptions opening;
  opening.trust = options.trust ? models::Trust::kTrusted : models::Trust::kRefuse;
  const models::OpenedDetector detector = models::open_detector(options.weights, opening, device);
  const std::vector<std::string> names = models::detector_classes(
      options.network_classes, detector.classes, detector.predictor->classes());
  label::SegmenterOptions how;
  how.confidence = options.confidence;
  how.overlap = options.overlap;
  how.size = options.size;
  yolo_ = std::make_unique<label::Segmenter>(
      detector.predictor, label::ClassMap(dataset, pairs, names), name, how, device);
}

std::string SegmenterSource::method() const { return yolo_ ? yolo_->method() : small_->method(); }

core::Json SegmenterSource::settings() const {
  core::Json settings = {{"method", method()}, {"weights", core::sha256_file(options_.weights)}};
  settings["conf"] = options_.confidence;
  if (!yolo_) return settings;
  settings.update({{"iou", options_.overlap},
                   {"size", options_.size},
                   {"network_classes", options_.network_classes}});
  return settings;
}

std::vector<label::ObjectLabel> SegmenterSource::labels(const data::RgbImage& picture) const {
  if (yolo_) return yolo_->labels(picture);
  std::vector<label::ObjectLabel> kept;
  for (label::ObjectLabel& label : small_->labels(picture)) {
    label.class_index = small_classes_[static_cast<std::size_t>(label.class_index)];
    if (label.class_index >= 0 && label.score > options_.confidence) {
      kept.push_back(std::move(label));
    }
  }
  return kept;
}

}  // namespace ersatz::runner
