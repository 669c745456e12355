#include "data/scenes/outdoor/precipitation.h"

#include <algorithm>
#include <cstddef>

namespace ersatz::data::scenes {
namespace {

void mix(Rendering& rendering, int x, int y, Rgb colour, float share) {
  if (x < 0 || y < 0 || x >= rendering.width || y >= rendering.height) return;
  Rgb& pixel =
      rendering.light[static_cast<std::size_t>(y) * static_cast<std::size_t>(rendering.width) +
                      static_cast<std::size_t>(x)];
  pixel = lerp(pixel, colour, share);
}

}  // namespace

void add_rain(Rendering& rendering, float amount, Rgb colour, core::Stream& random) {
  const auto w = static_cast<float>(rendering.width), h = static_cast<float>(rendering.height);
  const float side = std::min(w, h);
  const float slant = random.uniform(-0.25F, 0.25F);
  const int drops = static_cast<int>(170 * amount * std::max(w, h) / side);
  for (int i = 0; i < drops; ++i) {
    // Near drops draw long bright streaks, far ones short and faint.
    const float near = square(random.uniform());
    const float long_ = side * lerp(0.035F, 0.17F, near);
    const float share = lerp(0.16F, 0.34F, near) * std::min(1.0F, 0.7F + 64 / side);
    const float wide = std::max(1.0F, side / 160 * lerp(0.6F, 1.3F, near));
    const float x = random.uniform(-0.1F, 1.1F) * w, y = random.uniform(-0.15F, 1) * h;
    const int steps = std::max(2, static_cast<int>(long_));
    for (int step = 0; step < steps; ++step) {
      const float t = static_cast<float>(step) / static_cast<float>(steps);
      const float px = x + slant * long_ * t, py = y + long_ * t;
      const float fade = share * std::sin(kPi * (0.1F + 0.9F * t));
      for (int k = 0; k < static_cast<int>(std::ceil(wide)); ++k) {
        const float at = px + static_cast<float>(k);
        const int column = static_cast<int>(std::floor(at));
        const float part = at - static_cast<float>(column);
        mix(rendering, column, static_cast<int>(py), colour, fade * (1 - part));
        mix(rendering, column + 1, static_cast<int>(py), colour, fade * part);
      }
    }
  }
}

void add_snowfall(Rendering& rendering, float amount, Rgb colour, core::Stream& random) {
  const auto w = static_cast<float>(rendering.width), h = static_cast<float>(rendering.height);
  const float side = std::min(w, h);
  const int flakes = static_cast<int>(230 * amount * std::max(w, h) / side);
  for (int i = 0; i < flakes; ++i) {
    const float near = std::pow(random.uniform(), 4.0F);
    const float radius = side * lerp(0.0045F, 0.016F, near);
    const float share = lerp(0.75F, 0.5F, near);
    const float x = random.uniform() * w, y = random.uniform() * h;
    const int reach = static_cast<int>(std::ceil(radius + 0.7F));
    for (int dy = -reach; dy <= reach; ++dy) {
      for (int dx = -reach; dx <= reach; ++dx) {
        const int px = static_cast<int>(x) + dx, py = static_cast<int>(y) + dy;
        const float away =
            std::hypot(static_cast<float>(px) + 0.5F - x, static_cast<float>(py) + 0.5F - y);
        const float cover = smoothstep(radius + 0.6F, std::max(0.0F, radius - 0.6F), away);
        if (cover > 0) mix(rendering, px, py, colour, share * cover);
      }
    }
  }
}

}  // namespace ersatz::data::scenes
