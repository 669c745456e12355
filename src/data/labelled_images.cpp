#include "data/labelled_images.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace ersatz::data {

LabelledImages select(const LabelledImages& images, const std::vector<std::int64_t>& indices) {
  LabelledImages out;
  out.height = images.height;
  out.width = images.width;
  out.channels = images.channels;
  out.labels.reserve(indices.size());
  out.pixels.resize(indices.size() * images.image_bytes());
  auto destination = out.pixels.begin();
  for (const std::int64_t index : indices) {
    if (index < 0 || static_cast<std::size_t>(index) >= images.size()) {
      throw core::Error::internal(
          fmt::format("image {} asked for, there are {}", index, images.size()));
    }
    const auto i = static_cast<std::size_t>(index);
    destination = std::copy_n(images.image(i), images.image_bytes(), destination);
    out.labels.push_back(images.labels[i]);
  }
  return out;
}

LabelledImages concatenate(const LabelledImages& first, const LabelledImages& second) {
  if (first.size() == 0) return second;
  if (second.size() == 0) return first;
  if (first.height != second.height || first.width != second.width ||
      first.channels != second.channels) {
    throw core::Error::internal(fmt::format("{}x{}x{} and {}x{}x{} images cannot be one set",
                                            first.height, first.width, first.channels,
                                            second.height, second.width, second.channels));
  }
  LabelledImages out = first;
  out.pixels.insert(out.pixels.end(), second.pixels.begin(), second.pixels.end());
  out.labels.insert(out.labels.end(), second.labels.begin(), second.labels.end());
  return out;
}

LabelledImages slice(const LabelledImages& images, std::size_t begin, std::size_t end) {
  if (begin > end || end > images.size()) {
    throw core::Error::internal(
        fmt::format("images {} to {} asked for, there are {}", begin, end, images.size()));
  }
  LabelledImages out;
  out.height = images.height;
  out.width = images.width;
  out.channels = images.channels;
  out.pixels.assign(images.image(0) + begin * images.image_bytes(),
                    images.image(0) + end * images.image_bytes());
  out.labels.assign(images.labels.begin() + static_cast<std::ptrdiff_t>(begin),
                    images.labels.begin() + static_cast<std::ptrdiff_t>(end));
  return out;
}

LabelledImages mirrored(const LabelledImages& images) {
  LabelledImages out = images;
  const auto channels = static_cast<std::size_t>(images.channels);
  const std::size_t row = channels * static_cast<std::size_t>(images.width);
  for (std::size_t at = 0; at < images.pixels.size(); at += row) {
    for (std::size_t x = 0; x < row; x += channels) {
      std::copy_n(&images.pixels[at + x], channels, &out.pixels[at + row - channels - x]);
    }
  }
  return out;
}

}  // namespace ersatz::data
