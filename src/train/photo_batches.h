// Photos on their way into a network.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "data/photos/augmentation.h"
#include "data/photos/photo_set.h"
#include "data/photos/pixel_scaling.h"

namespace ersatz::train {

struct PhotoBatch {
  torch::Tensor images;  // float32 [B, 3, H, W], channels-last, on the CPU
  torch::Tensor labels;  // int64 [B], on the CPU
};

// The photos at `indices` as they are, scaled.
PhotoBatch photo_batch(const data::PhotoSet& set, const std::vector<std::int64_t>& indices,
                       const data::PixelScaler& scaler);

// Augmented first, by the draws of (seed, epoch, index).
PhotoBatch augmented_batch(const data::PhotoSet& set, const std::vector<std::int64_t>& indices,
                           const data::PixelScaler& scaler, const data::Augmentation& augmentation,
                           std::uint64_t seed, std::int64_t epoch);

}  // namespace ersatz::train
