#include "train/photo_batches.h"

#include <torch/types.h>

#include <functional>

#include "core/error.h"

namespace ersatz::train {

namespace {

// pixels(i, index) returns the prepared bytes of photo `index`, valid until the next call.
PhotoBatch make_batch(const data::PhotoSet& set, const std::vector<std::int64_t>& indices,
                      const data::PixelScaler& scaler,
                      const std::function<const std::uint8_t*(std::int64_t index)>& pixels) {
  const std::int64_t height = set.images.height, width = set.images.width;
  const auto count = static_cast<std::int64_t>(indices.size());
  if (set.images.channels != 3) throw core::Error::internal("photos need three channels");
  const torch::Tensor images = torch::empty({count, height, width, 3});
  const torch::Tensor labels = torch::empty({count}, torch::kInt64);
  float* to = images.data_ptr<float>();
  auto* label = labels.data_ptr<std::int64_t>();
  for (const std::int64_t index : indices) {
    scaler.apply(pixels(index), height * width, to);
    to += height * width * 3;
    *label++ = set.images.labels.at(static_cast<std::size_t>(index));
  }
  return {images.permute({0, 3, 1, 2}), labels};
}

}  // namespace

PhotoBatch photo_batch(const data::PhotoSet& set, const std::vector<std::int64_t>& indices,
                       const data::PixelScaler& scaler) {
  return make_batch(set, indices, scaler, [&](std::int64_t index) {
    return set.images.image(static_cast<std::size_t>(index));
  });
}

PhotoBatch augmented_batch(const data::PhotoSet& set, const std::vector<std::int64_t>& indices,
                           const data::PixelScaler& scaler, const data::Augmentation& augmentation,
                           std::uint64_t seed, std::int64_t epoch) {
  std::vector<std::uint8_t> changed(set.images.image_bytes()), scratch;
  return make_batch(set, indices, scaler, [&](std::int64_t index) {
    const data::AugmentationDraw draw = data::draw_augmentation(augmentation, seed, epoch, index);
    data::augment(draw, augmentation, set.images.width,
                  set.images.image(static_cast<std::size_t>(index)), changed.data(), scratch);
    return static_cast<const std::uint8_t*>(changed.data());
  });
}

}  // namespace ersatz::train
