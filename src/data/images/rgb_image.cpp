#include "data/images/rgb_image.h"

#include <fmt/format.h>

#include "core/error.h"

namespace ersatz::data {

RgbaImage with_alpha(const RgbImage& colour, const GreyImage& alpha) {
  if (colour.width != alpha.width || colour.height != alpha.height) {
    throw core::Error::internal(fmt::format("a picture of {} x {} with an alpha channel of {} x {}",
                                            colour.width, colour.height, alpha.width,
                                            alpha.height));
  }
  RgbaImage image{colour.width, colour.height, std::vector<std::uint8_t>(4 * alpha.pixels.size())};
  for (std::size_t i = 0; i < alpha.pixels.size(); ++i) {
    for (std::size_t c = 0; c < 3; ++c) image.pixels[4 * i + c] = colour.pixels[3 * i + c];
    image.pixels[4 * i + 3] = alpha.pixels[i];
  }
  return image;
}

RgbImage on_white(const RgbaImage& image) {
  RgbImage result{image.width, image.height, {}};
  result.pixels.reserve(image.pixels.size() / 4 * 3);
  for (std::size_t at = 0; at < image.pixels.size(); at += 4) {
    const int alpha = image.pixels[at + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      result.pixels.push_back(static_cast<std::uint8_t>(
          (image.pixels[at + c] * alpha + 255 * (255 - alpha) + 127) / 255));
    }
  }
  return result;
}

GreyImage to_grey(const RgbImage& image) {
  // 0.299, 0.587 and 0.114 times 2^16; they add up to 2^16, so white stays white.
  constexpr std::uint32_t kRed = 19595, kGreen = 38470, kBlue = 7471, kHalf = 1u << 15;
  GreyImage grey{image.width, image.height, std::vector<std::uint8_t>(image.pixels.size() / 3)};
  for (std::size_t i = 0; i < grey.pixels.size(); ++i) {
    const std::uint8_t* rgb = &image.pixels[3 * i];
    const std::uint32_t sum = kRed * rgb[0] + kGreen * rgb[1] + kBlue * rgb[2] + kHalf;
    grey.pixels[i] = static_cast<std::uint8_t>(sum >> 16);
  }
  return grey;
}

}  // namespace ersatz::data
