// Labels by a segmentation network: YOLOv8-seg, or a small one that an experiment trained.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/json.h"
#include "data/images/rgb_image.h"
#include "label/object_label.h"
#include "label/segmenter.h"
#include "label/semantic/semantic_segmenter.h"
#include "runner/labelling/label_options.h"

namespace ersatz::runner {

class SegmenterSource {
 public:
  // Opens --weights. Error::usage for classes that the network does not have, for a network
  // without masks; errors as open_detector and load_small_segmenter.
  SegmenterSource(const LabelCommand& options, const std::vector<LabelClass>& classes);

  std::string method() const;
  core::Json settings() const;
  std::vector<label::ObjectLabel> labels(const data::RgbImage& picture) const;

 private:
  const LabelCommand& options_;
  // One of them.
  std::unique_ptr<label::Segmenter> yolo_;
  std::unique_ptr<label::SemanticSegmenter> small_;
  std::vector<std::int64_t> small_classes_;  // network's class -> dataset's, -1: left out
};

}  // namespace ersatz::runner
