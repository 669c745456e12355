#include "train/segmentation/segmentation_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace ersatz::train {
namespace {

// Of every block of 2 x 2 pixels the upper left one.
std::vector<std::uint16_t> halved(const std::vector<std::uint16_t>& pixels, std::int64_t height,
                                  std::int64_t width) {
  std::vector<std::uint16_t> half;
  half.reserve(pixels.size() / 4);
  for (std::int64_t y = 0; y < height; y += 2) {
    for (std::int64_t x = 0; x < width; x += 2) {
      half.push_back(pixels[static_cast<std::size_t>(y * width + x)]);
    }
  }
  return half;
}

bool is_interior(const std::vector<std::uint16_t>& pixels, std::int64_t height, std::int64_t width,
                 std::int64_t y, std::int64_t x) {
  const std::uint16_t own = pixels[static_cast<std::size_t>(y * width + x)];
  for (std::int64_t v = std::max<std::int64_t>(0, y - 1); v <= std::min(height - 1, y + 1); ++v) {
    for (std::int64_t u = std::max<std::int64_t>(0, x - 1); u <= std::min(width - 1, x + 1); ++u) {
      if (pixels[static_cast<std::size_t>(v * width + u)] != own) return false;
    }
  }
  return own != 0;
}

}  // namespace

SegmentationSet::SegmentationSet(std::vector<std::string> names, std::int64_t count,
                                 std::int64_t height, std::int64_t width)
    : classes(std::move(names)),
      pictures(torch::zeros({count, 3, height, width}, torch::kUInt8)),
      targets(torch::zeros({count, 2, height / 2, width / 2}, torch::kUInt8)) {
  if (classes.empty() || classes.size() > 254 || height % 16 != 0 || width % 16 != 0) {
    throw core::Error::usage(
        fmt::format("a segmenter cannot learn {} classes from pictures of {} x {} px",
                    classes.size(), width, height));
  }
}

void SegmentationSet::fill(std::int64_t place, const data::RgbImage& picture,
                           const KnownPixels& known) {
  const std::int64_t height = pictures.size(2), width = pictures.size(3);
  if (picture.height != height || picture.width != width ||
      known.instances.size() != static_cast<std::size_t>(height * width)) {
    throw core::Error::usage(fmt::format("a picture of {} x {} px among others of {} x {}",
                                         picture.width, picture.height, width, height));
  }
  for (const std::int64_t index : known.classes) {
    if (index < 0 || index >= static_cast<std::int64_t>(classes.size())) {
      throw core::Error::usage(fmt::format("an object of class {} of {}", index, classes.size()));
    }
  }
  const auto pixels = static_cast<std::size_t>(height * width);
  std::uint8_t* to = pictures.data_ptr<std::uint8_t>() + place * pictures.stride(0);
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t c = 0; c < 3; ++c) to[c * pixels + i] = picture.pixels[3 * i + c];
  }
  const std::vector<std::uint16_t> half = halved(known.instances, height, width);
  std::uint8_t* answers = targets.data_ptr<std::uint8_t>() + place * targets.stride(0);
  std::uint8_t* interior = answers + half.size();
  std::vector<std::uint8_t> has_interior(known.classes.size(), 0);
  for (std::int64_t y = 0; y < height / 2; ++y) {
    for (std::int64_t x = 0; x < width / 2; ++x) {
      const auto at = static_cast<std::size_t>(y * (width / 2) + x);
      if (half[at] == 0) continue;
      const auto object = static_cast<std::size_t>(half[at] - 1);
      answers[at] = static_cast<std::uint8_t>(known.classes.at(object) + 1);
      interior[at] = is_interior(half, height / 2, width / 2, y, x) ? 1 : 0;
      if (interior[at] != 0) has_interior[object] = 1;
    }
  }
  for (std::size_t at = 0; at < half.size(); ++at) {
    if (half[at] != 0 && has_interior[static_cast<std::size_t>(half[at] - 1)] == 0)
      interior[at] = 1;
  }
}

}  // namespace ersatz::train
