#include "data/scenes/render/film.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include "data/scenes/render/noise.h"

namespace ersatz::data::scenes {
namespace {

constexpr float kMiddleGrey = 0.18F;

// Compresses highlights: 1 is approached, colours keep their hue for longer than if clipped.
float shoulder(float a) {
  constexpr float kKnee = 0.6F;
  if (a <= kKnee) return std::max(0.0F, a);
  const float over = (a - kKnee) / (1 - kKnee);
  return kKnee + (1 - kKnee) * over / (1 + over) * 1.12F;
}

constexpr int kTableSize = 4096;

// sRGB's curve over [0, 1], as a table of floats in [0, 255].
const std::array<float, kTableSize + 2>& encoding() {
  static const auto table = [] {
    std::array<float, kTableSize + 2> values{};
    for (std::size_t i = 0; i < values.size(); ++i) {
      const float a = std::min(1.0F, static_cast<float>(i) / kTableSize);
      values[i] = 255 * (a <= 0.0031308F ? 12.92F * a : 1.055F * std::pow(a, 1 / 2.4F) - 0.055F);
    }
    return values;
  }();
  return table;
}

float encoded(float a) {
  const float at = clamp01(a) * kTableSize;
  const auto i = static_cast<std::size_t>(at);
  const std::array<float, kTableSize + 2>& table = encoding();
  return lerp(table[i], table[i + 1], at - static_cast<float>(i));
}

float exposure(const std::vector<Rgb>& light, const Film& film) {
  if (film.metering <= 0) return 1;
  // Every seventh pixel says enough; the logarithm keeps lamps and sky from ruling.
  double sum = 0;
  std::int64_t count = 0;
  for (std::size_t i = 0; i < light.size(); i += 7) {
    sum += std::log2(std::min(4.0F, luminance(light[i])) + 0.002F);
    ++count;
  }
  const double mean = std::exp2(sum / static_cast<double>(std::max<std::int64_t>(1, count)));
  return static_cast<float>(std::pow(film.brightness / mean, film.metering));
}

// Four sums of four bytes: nearly Gaussian with sd 1, three of them used.
struct Noise3 {
  float red, green, blue;
};
Noise3 sensor_noise(std::uint32_t pixel, std::uint32_t salt) {
  std::uint32_t state = scramble(pixel * 0x9E3779B1U + salt);
  const auto next = [&state] {
    state = scramble(state + 0x6D2B79F5U);
    const std::uint32_t a = state;
    const auto sum =
        static_cast<float>((a & 255U) + (a >> 8 & 255U) + (a >> 16 & 255U) + (a >> 24));
    return (sum - 510) * (1 / 147.8F);  // sd of the sum of four even bytes: 147.8
  };
  const float red = next(), green = next(), blue = next();
  return {red, green, blue};
}

std::uint8_t to_byte(float a) {
  return static_cast<std::uint8_t>(std::min(255.0F, std::max(0.0F, a + 0.5F)));
}

}  // namespace

void blur_light(std::vector<Rgb>& light, int width, int height, float sd) {
  if (sd < 0.15F) return;
  const int radius = std::max(1, static_cast<int>(std::ceil(2.5F * sd)));
  std::vector<float> weights(static_cast<std::size_t>(radius + 1));
  float sum = 0;
  for (int i = 0; i <= radius; ++i) {
    const auto at = static_cast<std::size_t>(i);
    weights[at] = std::exp(-0.5F * square(static_cast<float>(i) / sd));
    sum += i == 0 ? weights[at] : 2 * weights[at];
  }
  for (float& weight : weights) weight /= sum;
  const auto blur_line = [&](const Rgb* from, std::size_t stride, int count, Rgb* to) {
    for (int i = 0; i < count; ++i) {
      Rgb total = from[static_cast<std::size_t>(i) * stride] * weights[0];
      for (int k = 1; k <= radius; ++k) {
        const auto before = static_cast<std::size_t>(std::max(0, i - k));
        const auto after = static_cast<std::size_t>(std::min(count - 1, i + k));
        total +=
            (from[before * stride] + from[after * stride]) * weights[static_cast<std::size_t>(k)];
      }
      to[i] = total;
    }
  };
  const auto w = static_cast<std::size_t>(width), h = static_cast<std::size_t>(height);
  std::vector<Rgb> line(std::max(w, h));
  for (std::size_t y = 0; y < h; ++y) {
    blur_line(&light[y * w], 1, width, line.data());
    std::copy_n(line.begin(), w, &light[y * w]);
  }
  // Row by row for the columns too: whole rows of weighted sums stay in the cache.
  std::vector<Rgb> rows(light.size());
  for (int y = 0; y < height; ++y) {
    Rgb* to = &rows[static_cast<std::size_t>(y) * w];
    for (int k = -radius; k <= radius; ++k) {
      const auto from = static_cast<std::size_t>(std::min(height - 1, std::max(0, y + k)));
      const float weight = weights[static_cast<std::size_t>(std::abs(k))];
      const Rgb* row = &light[from * w];
      for (std::size_t x = 0; x < w; ++x) to[x] += row[x] * weight;
    }
  }
  light.swap(rows);
}

RgbImage develop(Rendering&& rendering, const Film& film, std::uint64_t seed) {
  const int width = rendering.width, height = rendering.height;
  std::vector<Rgb> light = std::move(rendering.light);
  const Rgb gain = film.white_balance * exposure(light, film);
  for (Rgb& c : light) c *= gain;

  if (film.bloom > 0) {
    std::vector<Rgb> bright(light.size());
    for (std::size_t i = 0; i < light.size(); ++i) {
      const float over = luminance(light[i]) - 1;
      if (over > 0) bright[i] = light[i] * std::min(3.0F, over);
    }
    blur_light(bright, width, height, 0.02F * static_cast<float>(std::min(width, height)));
    for (std::size_t i = 0; i < light.size(); ++i) light[i] += bright[i] * film.bloom;
  }
  blur_light(light, width, height, film.blur);
  std::vector<Rgb> soft;
  if (film.sharpening > 0) {
    soft = light;
    blur_light(soft, width, height, 0.8F + film.blur);
  }

  RgbImage image{width, height, std::vector<std::uint8_t>(light.size() * 3)};
  const auto salt = static_cast<std::uint32_t>(seed ^ seed >> 32);
  const float cx = 0.5F * static_cast<float>(width), cy = 0.5F * static_cast<float>(height);
  const float corner = 1 / (cx * cx + cy * cy);
  std::size_t i = 0;
  for (int y = 0; y < height; ++y) {
    const float dy2 = square(static_cast<float>(y) + 0.5F - cy);
    for (int x = 0; x < width; ++x, ++i) {
      Rgb c = light[i];
      if (film.sharpening > 0) {
        c += (c - soft[i]) * film.sharpening;
        c = {std::max(0.0F, c.x), std::max(0.0F, c.y), std::max(0.0F, c.z)};
      }
      const float dx2 = square(static_cast<float>(x) + 0.5F - cx);
      c *= 1 - film.vignette * (dx2 + dy2) * corner;
      c += Rgb{film.veil, film.veil, film.veil};
      const float grey = luminance(c);
      c = lerp(Rgb{grey, grey, grey}, c, film.saturation);
      if (film.contrast != 1 && grey > 1e-5F) {
        c *= std::exp2((film.contrast - 1) * std::log2(std::min(4.0F, grey) / kMiddleGrey));
      }
      const Noise3 noise = sensor_noise(static_cast<std::uint32_t>(i), salt);
      // Shot noise: weaker in the shadows than at middle grey, though never none.
      const float strength = 255 * film.noise * (0.6F + 0.4F * std::min(1.5F, grey / kMiddleGrey));
      // A part is common to the channels, as the demosaicing of a sensor leaves it.
      const float common = 0.6F * noise.green;
      image.pixels[3 * i] =
          to_byte(encoded(shoulder(c.x)) + strength * (0.8F * noise.red + common));
      image.pixels[3 * i + 1] = to_byte(encoded(shoulder(c.y)) + strength * noise.green);
      image.pixels[3 * i + 2] =
          to_byte(encoded(shoulder(c.z)) + strength * (0.8F * noise.blue + common));
    }
  }
  return image;
}

}  // namespace ersatz::data::scenes
