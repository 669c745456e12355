// Labels by a small segmenter that was trained here (train/segmentation/segmenter_trainer.h).
#pragma once

#include <c10/core/Device.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"
#include "label/object_label.h"
#include "models/segmentation/small_segmenter.h"

namespace ersatz::label {

class SemanticSegmenter {
 public:
  // `name`: of the weights in the labels' origin, "segmenter/<name>". Errors as
  // load_small_segmenter.
  SemanticSegmenter(const std::filesystem::path& file, const std::string& name,
                    const c10::Device& device);

  std::string method() const { return method_; }
  const std::vector<std::string>& classes() const { return network_->options().classes; }

  // As instance_labels(): best first. Pictures whose sides are no multiples of 16 px are continued
  // with their last pixels. May be called from several threads, which wait for each other.
  std::vector<ObjectLabel> labels(const data::RgbImage& picture) const;

 private:
  std::shared_ptr<models::SmallSegmenter> network_;
  std::string method_;
  c10::Device device_;
  mutable std::mutex guard_;
};

}  // namespace ersatz::label
