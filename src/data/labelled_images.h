// A set of 8-bit images of one size with a class label each, in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ersatz::data {

struct LabelledImages {
  int height = 0;
  int width = 0;
  std::vector<std::uint8_t> pixels;  // [N, height, width, channels], row-major, 0 = black
  std::vector<std::uint8_t> labels;  // [N]
  int channels = 1;                  // 1 grey, 3 RGB

  std::size_t size() const { return labels.size(); }
  std::size_t image_bytes() const {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) *
           static_cast<std::size_t>(channels);
  }
  const std::uint8_t* image(std::size_t i) const { return pixels.data() + i * image_bytes(); }
  std::uint8_t* image(std::size_t i) { return pixels.data() + i * image_bytes(); }
};

// The images at `indices`, in that order. Error::internal when an index is out of range.
LabelledImages select(const LabelledImages& images, const std::vector<std::int64_t>& indices);

// `second` after `first`. Error::internal when the image sizes differ (an empty set fits any).
LabelledImages concatenate(const LabelledImages& first, const LabelledImages& second);

// Every image turned left to right.
LabelledImages mirrored(const LabelledImages& images);

// Images [begin, end).
LabelledImages slice(const LabelledImages& images, std::size_t begin, std::size_t end);

}  // namespace ersatz::data
