// Augmented pictures and their boxes as tensors.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "data/detection/detection_augmentation.h"
#include "data/detection/detection_set.h"

namespace ersatz::train {

// What is to be found in each picture of a batch, padded to the largest number M of boxes, at least
// 1. On the CPU.
struct DetectionTargets {
  torch::Tensor boxes;    // float32 [B, M, 4]: x0, y0, x1, y1 in px of the input; 0 padded
  torch::Tensor classes;  // int64 [B, M]
  std::vector<std::int64_t> counts;  // boxes of each picture

  std::int64_t pictures() const { return boxes.size(0); }
};

DetectionTargets detection_targets(const std::vector<std::vector<data::ObjectBox>>& boxes);

struct DetectionBatch {
  torch::Tensor images;  // uint8 [B, 3, size, size], RGB, channels-last, on the CPU
  DetectionTargets targets;
  std::vector<std::string> names;  // of the pictures
};

// The pictures at `indices`, augmented by the draws of (seed, epoch, index).
DetectionBatch detection_batch(const data::DetectionSet& set,
                               const std::vector<std::int64_t>& indices,
                               const data::DetectionAugmentation& augmentation, std::uint64_t seed,
                               std::int64_t epoch);

// float32 in [0, 1] on the device.
torch::Tensor detection_input(const torch::Tensor& images, const c10::Device& device);

}  // namespace ersatz::train
