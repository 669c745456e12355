#include "data/scenes/render/film.h"

#include <cmath>
#include <cstddef>
#include <utility>

#include "data/scenes/render/convolution.h"
#include "data/scenes/render/noise.h"
#include "data/scenes/render/vector_clones.h"

namespace ersatz::data::scenes {
namespace {

constexpr float kMiddleGrey = 0.46F;  // of linear 0.18, encoded

float exposure(const Recycled<Rgb>& light, const Film& film) {
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

// One row, channel after channel: what the loops below run over.
struct Row {
  explicit Row(std::size_t width) : red(width), green(width), blue(width), grey(width) {}
  std::vector<float> red, green, blue, grey;
};

// What differs from row to row.
struct RowSettings {
  float centre_x;
  float vignette;  // loss of light per px^2 from the middle
  float away2;     // px^2, from the middle line
};

ERSATZ_VECTOR_CLONES
void grade(float* red, float* green, float* blue, float* grey, std::size_t width,
           const RowSettings& at, float veil, float saturation) {
  for (std::size_t i = 0; i < width; ++i) {
    const float dx = static_cast<float>(static_cast<int>(i)) + 0.5F - at.centre_x;
    const float kept = 1 - at.vignette * (dx * dx + at.away2);
    const float r = std::max(0.0F, red[i]) * kept + veil;
    const float g = std::max(0.0F, green[i]) * kept + veil;
    const float b = std::max(0.0F, blue[i]) * kept + veil;
    const float y = 0.2126F * r + 0.7152F * g + 0.0722F * b;
    grey[i] = y;
    red[i] = y + (r - y) * saturation;
    green[i] = y + (g - y) * saturation;
    blue[i] = y + (b - y) * saturation;
  }
}

// Linear light to the encoded range [0, 1]. Highlights are compressed towards 1, so that colours
// keep their hue for longer than if clipped. The curve of sRGB from square roots is right to
// 0.0015 (Taylor, "sRGB approximations for HLSL", 2011).
ERSATZ_VECTOR_CLONES
void encode(float* channel, std::size_t width, float contrast) {
  constexpr float kKnee = 0.6F;
  for (std::size_t i = 0; i < width; ++i) {
    const float a = std::max(0.0F, channel[i]);
    const float over = std::max(0.0F, a - kKnee) / (1 - kKnee);
    const float bent = std::min(a, kKnee) + (1 - kKnee) * 1.12F * over / (1 + over);
    const float s1 = std::sqrt(std::min(1.0F, bent)), s2 = std::sqrt(s1), s3 = std::sqrt(s2);
    const float curve = 0.662002687F * s1 + 0.684122060F * s2 - 0.323583601F * s3 -
                        0.0225411470F * std::min(1.0F, bent);
    channel[i] = kMiddleGrey + (std::max(0.0F, curve) - kMiddleGrey) * contrast;
  }
}

// Sums of four bytes of scrambled bits are nearly Gaussian; their sd is 147.8.
inline float noise_of(std::uint32_t bits) {
  const std::uint32_t pairs = (bits & 0x00FF00FFU) + (bits >> 8 & 0x00FF00FFU);
  const auto sum = static_cast<std::int32_t>((pairs & 0xFFFFU) + (pairs >> 16));
  return static_cast<float>(sum - 510) * (1 / 147.8F);
}

ERSATZ_VECTOR_CLONES
void expose_sensor(float* red, float* green, float* blue, const float* grey, std::size_t width,
                   std::uint32_t first, std::uint32_t salt, float noise) {
  for (std::size_t i = 0; i < width; ++i) {
    const std::uint32_t bits =
        scramble((first + static_cast<std::uint32_t>(i)) * 0x9E3779B1U + salt);
    const float n0 = noise_of(bits), n1 = noise_of(bits * 0x2C1B3C6DU ^ bits >> 15),
                n2 = noise_of(bits * 0x297A2D39U ^ bits >> 13);
    // Shot noise: weaker in the shadows than at middle grey, though never none. A part is common to
    // the channels, as the demosaicing of a sensor leaves it.
    const float strength = noise * (0.6F + 0.4F * std::min(1.5F, grey[i] * (1 / 0.18F)));
    red[i] = 255 * (red[i] + strength * (0.8F * n1 + 0.6F * n0)) + 0.5F;
    green[i] = 255 * (green[i] + strength * n0) + 0.5F;
    blue[i] = 255 * (blue[i] + strength * (0.8F * n2 + 0.6F * n0)) + 0.5F;
  }
}

std::uint8_t to_byte(float a) {
  return static_cast<std::uint8_t>(static_cast<int>(std::min(255.0F, std::max(0.0F, a))));
}

// Very bright light spills over its surroundings.
void add_bloom(Recycled<Rgb>& light, int width, int height, float share) {
  Recycled<Rgb> bright(light.size());
  bool any = false;
  for (std::size_t i = 0; i < light.size(); ++i) {
    const float over = luminance(light[i]) - 1;
    if (over <= 0) continue;
    bright[i] = light[i] * std::min(3.0F, over);
    any = true;
  }
  if (!any) return;
  convolve(bright, width, height, gaussian(0.02F * static_cast<float>(std::min(width, height))));
  for (std::size_t i = 0; i < light.size(); ++i) light[i] += bright[i] * share;
}

}  // namespace

RgbImage develop(Rendering&& rendering, const Film& film, std::uint64_t seed) {
  const int width = rendering.width, height = rendering.height;
  Recycled<Rgb> light = std::move(rendering.light);
  const Rgb gain = film.white_balance * exposure(light, film);
  for (Rgb& c : light) c *= gain;
  if (film.bloom > 0) add_bloom(light, width, height, film.bloom);
  convolve(light, width, height, sharpened_gaussian(film.blur, film.sharpening));

  RgbImage image{width, height, std::vector<std::uint8_t>(light.size() * 3)};
  const auto salt = static_cast<std::uint32_t>(seed ^ seed >> 32);
  const float cx = 0.5F * static_cast<float>(width), cy = 0.5F * static_cast<float>(height);
  const auto w = static_cast<std::size_t>(width);
  Row row(w);
  for (int y = 0; y < height; ++y) {
    const std::size_t first = static_cast<std::size_t>(y) * w;
    for (std::size_t x = 0; x < w; ++x) {
      row.red[x] = light[first + x].x;
      row.green[x] = light[first + x].y;
      row.blue[x] = light[first + x].z;
    }
    RowSettings at{};
    at.centre_x = cx;
    at.vignette = film.vignette / (cx * cx + cy * cy);
    at.away2 = square(static_cast<float>(y) + 0.5F - cy);
    grade(row.red.data(), row.green.data(), row.blue.data(), row.grey.data(), w, at, film.veil,
          film.saturation);
    for (std::vector<float>* channel : {&row.red, &row.green, &row.blue}) {
      encode(channel->data(), w, film.contrast);
    }
    expose_sensor(row.red.data(), row.green.data(), row.blue.data(), row.grey.data(), w,
                  static_cast<std::uint32_t>(first), salt, film.noise);
    std::uint8_t* to = &image.pixels[3 * first];
    for (std::size_t x = 0; x < w; ++x) {
      to[3 * x] = to_byte(row.red[x]);
      to[3 * x + 1] = to_byte(row.green[x]);
      to[3 * x + 2] = to_byte(row.blue[x]);
    }
  }
  return image;
}

}  // namespace ersatz::data::scenes
