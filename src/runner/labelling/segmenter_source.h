// Labels by a segmentation network: YOLOv8-seg, or a small one that an experiment trained.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "label/picture_labeller.h"
#include "label/segmenter.h"
#include "label/semantic/semantic_segmenter.h"
#include "runner/labelling/segmenter_choice.h"

namespace ersatz::runner {

class SegmenterSource final : public label::PictureLabeller {
 public:
  // Opens the weights. `pairs`: class of the dataset -> class of the network. Error::usage for
  // classes that one of them does not have, for a network without masks; errors as open_detector
  // and load_small_segmenter.
  SegmenterSource(const SegmenterChoice& choice, const std::vector<std::string>& dataset_classes,
                  const std::vector<std::pair<std::string, std::string>>& pairs,
                  const std::string& device);

  std::string method() const override;
  bool needs_attention() const override { return false; }
  bool runs_network() const override { return true; }
  core::Json settings() const override;
  std::vector<label::ObjectLabel> label(const data::RgbImage& picture,
                                        const std::vector<label::WordMap>& maps,
                                        std::optional<std::int64_t> prompted) const override;

 private:
  SegmenterChoice choice_;
  std::vector<std::pair<std::string, std::string>> pairs_;
  std::vector<std::string> network_classes_;
  // One of them.
  std::unique_ptr<label::Segmenter> yolo_;
  std::unique_ptr<label::SemanticSegmenter> small_;
  std::optional<label::ClassMap> small_classes_;
};

}  // namespace ersatz::runner
