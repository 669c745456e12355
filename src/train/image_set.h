// A set of 8-bit images on the device that trains: batches are gathered and converted there.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "data/labelled_images.h"

namespace ersatz::train {

class ImageSet {
 public:
  // `classes`: labels must be below it (Error::usage otherwise); 0: labels are not looked at.
  ImageSet(const data::LabelledImages& images, const c10::Device& device, std::int64_t classes);

  std::int64_t size() const { return pixels_.size(0); }
  std::int64_t height() const { return height_; }
  std::int64_t width() const { return width_; }

  struct Batch {
    torch::Tensor images;  // float32 [B, C, H, W] in memory order [B, H, W, C]
    torch::Tensor labels;  // int64 [B]
  };
  // images = pixel / divisor + offset: (255, 0) gives [0, 1], (127.5, -1) gives [-1, 1].
  Batch gather(const std::vector<std::int64_t>& indices, double divisor, double offset) const;

 private:
  torch::Tensor pixels_;  // uint8 [N, H * W * C]
  torch::Tensor labels_;  // int64 [N]
  std::int64_t height_, width_, channels_;
};

// SHA-256 over size, pixels and labels: identifies a training set.
std::string images_digest(const data::LabelledImages& images);

}  // namespace ersatz::train
