#include "train/image_set.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>

#include "compute/to_device.h"
#include "core/digest.h"
#include "core/error.h"

namespace ersatz::train {

ImageSet::ImageSet(const data::LabelledImages& images, const c10::Device& device,
                   std::int64_t classes)
    : height_(images.height), width_(images.width), channels_(images.channels) {
  if (images.size() == 0) throw core::Error::usage("there are no images to train on");
  if (images.pixels.size() != images.size() * images.image_bytes()) {
    throw core::Error::internal(fmt::format("{} images of {}x{} cannot have {} pixels",
                                            images.size(), height_, width_, images.pixels.size()));
  }
  if (classes > 0) {
    const auto largest = std::max_element(images.labels.begin(), images.labels.end());
    if (*largest >= classes) {
      throw core::Error::usage(fmt::format("image {} has label {}, but there are {} classes",
                                           largest - images.labels.begin(), *largest, classes));
    }
  }
  const auto count = static_cast<std::int64_t>(images.size());
  const auto bytes = torch::TensorOptions(torch::kUInt8);
  // from_blob wants a mutable pointer; the copy that follows only reads.
  pixels_ = torch::from_blob(const_cast<std::uint8_t*>(images.pixels.data()),
                             {count, height_ * width_ * channels_}, bytes)
                .clone()
                .to(device);
  labels_ = torch::from_blob(const_cast<std::uint8_t*>(images.labels.data()), {count}, bytes)
                .to(torch::kInt64)
                .to(device);
}

ImageSet::Batch ImageSet::gather(const std::vector<std::int64_t>& indices, double divisor,
                                 double offset) const {
  const auto count = static_cast<std::int64_t>(indices.size());
  const torch::Tensor rows =
      compute::to_device(torch::tensor(indices, torch::kInt64), pixels_.device());
  torch::Tensor images = pixels_.index_select(0, rows).to(torch::kFloat32).div_(divisor);
  if (offset != 0) images.add_(offset);
  return {images.view({count, height_, width_, channels_}).permute({0, 3, 1, 2}),
          labels_.index_select(0, rows)};
}

std::string images_digest(const data::LabelledImages& images) {
  core::Sha256 digest;
  digest.update(fmt::format("{}x{}x{}", images.size(), images.height, images.width));
  if (images.channels != 1) digest.update(fmt::format("x{}", images.channels));
  digest.update("\n");
  digest.update(images.pixels.data(), images.pixels.size());
  digest.update(images.labels.data(), images.labels.size());
  return digest.hex();
}

}  // namespace ersatz::train
