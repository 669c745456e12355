#include "train/diffusion/image_batches.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <utility>

#include "compute/parallel.h"
#include "compute/to_device.h"
#include "core/error.h"
#include "core/philox.h"

namespace ersatz::train {

namespace {

// A square of the picture as floats in [-1, 1]: [side, side, 3].
void copy_square(const data::RgbImage& image, std::int64_t index, std::int64_t side,
                 std::uint64_t seed, float* to) {
  if (image.width < side || image.height < side ||
      image.pixels.size() != std::size_t{3} * static_cast<std::size_t>(image.width) *
                                 static_cast<std::size_t>(image.height)) {
    throw core::Error::usage(fmt::format("picture {} has {} x {} pixels, training needs {} x {}",
                                         index, image.width, image.height, side, side));
  }
  core::Stream random(seed, "image-batches/place", static_cast<std::uint64_t>(index));
  const auto place = [&](std::int64_t length) {
    return static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(length - side + 1)));
  };
  const std::int64_t left = place(image.width), top = place(image.height);
  for (std::int64_t y = 0; y < side; ++y) {
    const std::uint8_t* from = image.pixels.data() + 3 * ((top + y) * image.width + left);
    for (std::int64_t i = 0; i < 3 * side; ++i) {
      *to++ = static_cast<float>(from[i]) / 127.5F - 1.0F;
    }
  }
}

}  // namespace

ImageBatches::ImageBatches(data::CaptionedImages supply, std::int64_t side, std::int64_t batch_size,
                           std::uint64_t seed, const c10::Device& device,
                           std::optional<compute::PartRange> own)
    : supply_(std::move(supply)),
      side_(side),
      batch_size_(batch_size),
      seed_(seed),
      device_(device),
      own_(own.value_or(compute::PartRange{0, batch_size})) {
  if (side < 1 || batch_size < 1) {
    throw core::Error::usage("a batch needs at least one picture of at least one pixel");
  }
}

ImageBatch ImageBatches::pictures(std::int64_t first, std::int64_t count) const {
  ImageBatch batch;
  batch.captions.resize(static_cast<std::size_t>(count));
  const torch::Tensor rows = torch::empty({count, side_, side_, 3}, torch::kFloat32);
  float* const to = rows.data_ptr<float>();
  compute::parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t index = first + i;
      data::CaptionedImage one = supply_(index);
      copy_square(one.image, index, side_, seed_, to + i * side_ * side_ * 3);
      batch.captions[static_cast<std::size_t>(i)] = std::move(one.caption);
    }
  });
  batch.images = rows.permute({0, 3, 1, 2});
  return batch;
}

ImageBatch ImageBatches::at(std::int64_t step) {
  if (device_.is_cpu()) return make(step);
  ImageBatch batch = next_.valid() && next_step_ == step ? next_.get() : make(step);
  next_step_ = step + 1;
  next_ = std::async(std::launch::async, [this] { return make(next_step_); });
  batch.images = compute::to_device(batch.images, device_);
  return batch;
}

}  // namespace ersatz::train
