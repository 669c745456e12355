// Small labelled images that a tiny network can tell apart: class k is a bright bar at row 2 k + 4,
// with noise around it.
#pragma once

#include <cstdint>

#include "core/philox.h"
#include "data/labelled_images.h"

namespace ersatz::test {

inline data::LabelledImages synthetic_digits(std::size_t count, std::uint64_t seed) {
  data::LabelledImages images;
  images.height = images.width = 28;
  images.pixels.resize(count * 784);
  for (std::size_t i = 0; i < count; ++i) {
    core::Stream random(seed, "synthetic-digits", i);
    const auto label = static_cast<std::uint8_t>(i % 10);
    images.labels.push_back(label);
    std::uint8_t* image = images.image(i);
    for (std::size_t p = 0; p < 784; ++p) image[p] = static_cast<std::uint8_t>(random.below(40));
    for (std::size_t x = 6; x < 22; ++x) {
      image[(4U + 2U * label) * 28 + x] = 255;
      image[(5U + 2U * label) * 28 + x] = static_cast<std::uint8_t>(150 + random.below(100));
    }
  }
  return images;
}

}  // namespace ersatz::test
