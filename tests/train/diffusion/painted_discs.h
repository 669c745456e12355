// Small pictures that an autoencoder can learn in seconds: a coloured disc on a shaded ground.
#pragma once

#include <cstdint>
#include <string>

#include "core/philox.h"
#include "data/captioned_image.h"

namespace ersatz::test {

inline data::CaptionedImage painted_disc(std::uint64_t seed, std::int64_t index, int side) {
  core::Stream random(seed, "painted-discs", static_cast<std::uint64_t>(index));
  float ground[3], colour[3];
  for (float& c : ground) c = random.uniform(0, 200);
  for (float& c : colour) c = random.uniform(0, 255);
  const auto size = static_cast<float>(side);
  const float x0 = random.uniform(0.2F, 0.8F) * size, y0 = random.uniform(0.2F, 0.8F) * size;
  const float radius = random.uniform(0.15F, 0.4F) * size;
  data::CaptionedImage result;
  result.caption = "disc " + std::to_string(index);
  result.image.width = result.image.height = side;
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const float dx = static_cast<float>(x) - x0, dy = static_cast<float>(y) - y0;
      const bool inside = dx * dx + dy * dy < radius * radius;
      for (int c = 0; c < 3; ++c) {
        const float shade = ground[c] + 55 * static_cast<float>(y) / size;
        result.image.pixels.push_back(static_cast<std::uint8_t>(inside ? colour[c] : shade));
      }
    }
  }
  return result;
}

inline data::CaptionedImages painted_discs(std::uint64_t seed, int side) {
  return [=](std::int64_t index) { return painted_disc(seed, index, side); };
}

}  // namespace ersatz::test
