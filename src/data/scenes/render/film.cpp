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
  // Every seventh pixel says enough; the logarithm keeps lamps and sky from ruling.
  double sum = 0;
  std::int64_t count = 0;
  for (std::size_t i = 0; i < light.size(); i += 7) {
    sum += std::log2(std::min(4.0F, luminance(light[i])) + 0.002F);
    ++count;
  }
  const double mean = std::exp2(sum / static_cast<double>(std::max<std::int64_t>(1, count)));
  return film.brightness / film.expected *
         static_cast<float>(std::pow(film.expected / mean, film.metering));
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

namespace {

// Half of a symmetric kernel, from the middle outwards, with sum 1.
using Kernel = std::vector<float>;

Kernel gaussian(float sd) {
  const int radius = sd < 0.15F ? 0 : std::max(1, static_cast<int>(std::ceil(2.4F * sd)));
  Kernel kernel(static_cast<std::size_t>(radius + 1), 1);
  float sum = 1;
  for (std::size_t i = 1; i < kernel.size(); ++i) {
    kernel[i] = std::exp(-0.5F * square(static_cast<float>(i) / sd));
    sum += 2 * kernel[i];
  }
  for (float& weight : kernel) weight /= sum;
  return kernel;
}

// The kernel that blurs and then subtracts `strength` of what a wider blur leaves.
Kernel sharpened(const Kernel& kernel, float strength, float sd) {
  if (strength <= 0) return kernel;
  const Kernel wider = gaussian(std::sqrt(square(sd) + square(0.9F)));
  Kernel result(std::max(kernel.size(), wider.size()), 0);
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (i < kernel.size()) result[i] += (1 + strength) * kernel[i];
    if (i < wider.size()) result[i] -= strength * wider[i];
  }
  return result;
}

// sum[i] += weight * (a[i] + b[i]): what the loops below spend their time in.
void add_scaled(float* sum, const float* a, const float* b, float weight, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) sum[i] += weight * (a[i] + b[i]);
}

// Applies the kernel along rows and columns; edges are continued.
void convolve(std::vector<Rgb>& light, int width, int height, const Kernel& kernel) {
  if (kernel.size() < 2) return;
  const std::size_t radius = kernel.size() - 1;
  const auto w = static_cast<std::size_t>(width);
  std::vector<Rgb> rows(light.size());
  // A row as floats, continued on both sides, so that neighbours are a fixed distance apart.
  std::vector<float> line((w + 2 * radius) * 3);
  for (int y = 0; y < height; ++y) {
    const Rgb* from = &light[static_cast<std::size_t>(y) * w];
    for (std::size_t i = 0; i < w + 2 * radius; ++i) {
      const Rgb c = from[std::min(w - 1, i < radius ? 0 : i - radius)];
      line[3 * i] = c.x;
      line[3 * i + 1] = c.y;
      line[3 * i + 2] = c.z;
    }
    float* to = &rows[static_cast<std::size_t>(y) * w].x;
    const float* middle = &line[3 * radius];
    for (std::size_t i = 0; i < 3 * w; ++i) to[i] = kernel[0] * middle[i];
    for (std::size_t k = 1; k <= radius; ++k) {
      add_scaled(to, middle - 3 * k, middle + 3 * k, kernel[k], 3 * w);
    }
  }
  const auto row = [&](int y) {
    return &rows[static_cast<std::size_t>(std::min(height - 1, std::max(0, y))) * w].x;
  };
  for (int y = 0; y < height; ++y) {
    float* to = &light[static_cast<std::size_t>(y) * w].x;
    const float* middle = row(y);
    for (std::size_t i = 0; i < 3 * w; ++i) to[i] = kernel[0] * middle[i];
    for (std::size_t k = 1; k <= radius; ++k) {
      const int away = static_cast<int>(k);
      add_scaled(to, row(y - away), row(y + away), kernel[k], 3 * w);
    }
  }
}

}  // namespace

void blur_light(std::vector<Rgb>& light, int width, int height, float sd) {
  convolve(light, width, height, gaussian(sd));
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
  convolve(light, width, height, sharpened(gaussian(film.blur), film.sharpening, film.blur));

  RgbImage image{width, height, std::vector<std::uint8_t>(light.size() * 3)};
  const auto salt = static_cast<std::uint32_t>(seed ^ seed >> 32);
  const float cx = 0.5F * static_cast<float>(width), cy = 0.5F * static_cast<float>(height);
  const float corner = 1 / (cx * cx + cy * cy);
  // Gains over the brightness range [0, 4] that give the contrast.
  constexpr int kContrastSteps = 512;
  std::array<float, kContrastSteps + 1> contrast{};
  for (std::size_t k = 0; k < contrast.size(); ++k) {
    const float grey = (static_cast<float>(k) + 0.05F) * 4 / kContrastSteps;
    contrast[k] = std::pow(grey / kMiddleGrey, film.contrast - 1);
  }
  std::size_t i = 0;
  for (int y = 0; y < height; ++y) {
    const float dy2 = square(static_cast<float>(y) + 0.5F - cy);
    for (int x = 0; x < width; ++x, ++i) {
      Rgb c = light[i];
      c = {std::max(0.0F, c.x), std::max(0.0F, c.y), std::max(0.0F, c.z)};
      const float dx2 = square(static_cast<float>(x) + 0.5F - cx);
      c *= 1 - film.vignette * (dx2 + dy2) * corner;
      c += Rgb{film.veil, film.veil, film.veil};
      const float grey = luminance(c);
      c = lerp(Rgb{grey, grey, grey}, c, film.saturation);
      const float at = std::min(kContrastSteps - 1.0F, grey * kContrastSteps / 4);
      const auto step = static_cast<std::size_t>(at);
      c *= lerp(contrast[step], contrast[step + 1], at - static_cast<float>(step));
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
