#include "data/images/rgb_image.h"

namespace ersatz::data {

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
