#include "generate/copy_paste/colour_jitter.h"

#include <algorithm>
#include <cstdint>

#include "generate/rounded_byte.h"

namespace ersatz::generate {
namespace {

// ITU-R BT.601.
float luma(const std::uint8_t* rgb) {
  return 0.299F * static_cast<float>(rgb[0]) + 0.587F * static_cast<float>(rgb[1]) +
         0.114F * static_cast<float>(rgb[2]);
}

// Calls change(pixel) for every pixel that can be seen.
template <typename Change>
void for_each_visible(data::RgbaImage& image, Change change) {
  for (std::size_t i = 0; i < image.pixels.size(); i += 4) {
    if (image.pixels[i + 3] != 0) change(&image.pixels[i]);
  }
}

// rgb becomes factor * rgb + (1 - factor) * other.
void blend(std::uint8_t* rgb, float other, float factor) {
  for (int c = 0; c < 3; ++c) {
    rgb[c] = rounded_byte(factor * static_cast<float>(rgb[c]) + (1 - factor) * other);
  }
}

float mean_luma(data::RgbaImage& image) {
  double sum = 0;
  std::int64_t count = 0;
  for_each_visible(image, [&](const std::uint8_t* rgb) {
    sum += luma(rgb);
    ++count;
  });
  return count == 0 ? 0 : static_cast<float>(sum / static_cast<double>(count));
}

// Turns the colour around the axis of greys in the HSV hexcone; value and chroma stay.
void turn_hue(std::uint8_t* rgb, float turns) {
  const auto red = static_cast<float>(rgb[0]), green = static_cast<float>(rgb[1]),
             blue = static_cast<float>(rgb[2]);
  const float value = std::max({red, green, blue}), chroma = value - std::min({red, green, blue});
  if (chroma == 0) return;
  float sixths;  // of the circle, from red
  if (value == red) {
    sixths = (green - blue) / chroma;
  } else if (value == green) {
    sixths = 2 + (blue - red) / chroma;
  } else {
    sixths = 4 + (red - green) / chroma;
  }
  sixths += 6 * turns + 6;  // >= 2
  // f(n) = value - chroma * max(0, min(k, 4 - k, 1)) with k = (n + sixths) mod 6 is red for n = 5,
  // green for 3, blue for 1.
  const auto channel = [&](float offset) {
    float k = offset + sixths;
    while (k >= 6) k -= 6;
    return rounded_byte(value - chroma * std::max(0.0F, std::min({k, 4 - k, 1.0F})));
  };
  rgb[0] = channel(5);
  rgb[1] = channel(3);
  rgb[2] = channel(1);
}

}  // namespace

void jitter_colours(data::RgbaImage& image, double brightness, double contrast, double saturation,
                    double hue) {
  if (brightness != 1) {
    const auto factor = static_cast<float>(brightness);
    for_each_visible(image, [&](std::uint8_t* rgb) { blend(rgb, 0, factor); });
  }
  if (contrast != 1) {
    const auto factor = static_cast<float>(contrast);
    const float mean = mean_luma(image);
    for_each_visible(image, [&](std::uint8_t* rgb) { blend(rgb, mean, factor); });
  }
  if (saturation != 1) {
    const auto factor = static_cast<float>(saturation);
    for_each_visible(image, [&](std::uint8_t* rgb) { blend(rgb, luma(rgb), factor); });
  }
  if (hue != 0) {
    const auto turns = static_cast<float>(hue);
    for_each_visible(image, [&](std::uint8_t* rgb) { turn_hue(rgb, turns); });
  }
}

}  // namespace ersatz::generate
