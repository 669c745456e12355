#include "generate/copy_paste/colour_jitter.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace ersatz::generate {
namespace {

std::uint8_t to_byte(double value) {
  return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

// ITU-R BT.601.
double luma(const std::uint8_t* rgb) { return 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]; }

// Calls change(pixel) for every pixel that can be seen.
template <typename Change>
void for_each_visible(data::RgbaImage& image, Change change) {
  for (std::size_t i = 0; i < image.pixels.size(); i += 4) {
    if (image.pixels[i + 3] != 0) change(&image.pixels[i]);
  }
}

// rgb becomes factor * rgb + (1 - factor) * other.
void blend(std::uint8_t* rgb, double other, double factor) {
  for (int c = 0; c < 3; ++c) rgb[c] = to_byte(factor * rgb[c] + (1 - factor) * other);
}

double mean_luma(data::RgbaImage& image) {
  double sum = 0;
  std::int64_t count = 0;
  for_each_visible(image, [&](const std::uint8_t* rgb) {
    sum += luma(rgb);
    ++count;
  });
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

// Turns the colour around the axis of greys in the HSV hexcone; value and chroma stay.
void turn_hue(std::uint8_t* rgb, double turns) {
  const double red = rgb[0], green = rgb[1], blue = rgb[2];
  const double value = std::max({red, green, blue}), chroma = value - std::min({red, green, blue});
  if (chroma == 0) return;
  double sixths;  // of the circle, from red
  if (value == red) {
    sixths = (green - blue) / chroma;
  } else if (value == green) {
    sixths = 2 + (blue - red) / chroma;
  } else {
    sixths = 4 + (red - green) / chroma;
  }
  sixths += 6 * turns + 12;
  // Travis's formula for each channel: f(n) with n = 5, 3, 1.
  const auto channel = [&](double offset) {
    const double k = std::fmod(offset + sixths, 6);
    return to_byte(value - chroma * std::max(0.0, std::min({k, 4 - k, 1.0})));
  };
  rgb[0] = channel(5);
  rgb[1] = channel(3);
  rgb[2] = channel(1);
}

}  // namespace

void jitter_colours(data::RgbaImage& image, double brightness, double contrast, double saturation,
                    double hue) {
  if (brightness != 1) {
    for_each_visible(image, [&](std::uint8_t* rgb) { blend(rgb, 0, brightness); });
  }
  if (contrast != 1) {
    const double mean = mean_luma(image);
    for_each_visible(image, [&](std::uint8_t* rgb) { blend(rgb, mean, contrast); });
  }
  if (saturation != 1) {
    for_each_visible(image, [&](std::uint8_t* rgb) { blend(rgb, luma(rgb), saturation); });
  }
  if (hue != 0) {
    for_each_visible(image, [&](std::uint8_t* rgb) { turn_hue(rgb, hue); });
  }
}

}  // namespace ersatz::generate
