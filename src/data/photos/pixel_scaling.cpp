#include "data/photos/pixel_scaling.h"

#include <vector>

#include "core/suggest.h"

namespace ersatz::data {

PixelScaling pixel_scaling(std::string_view name) {
  const PixelScaling known[] = {
      {},
      {"caffe-bgr", true, 1, {104, 117, 123}, {1, 1, 1}},
      {"plain-rgb", false, 255, {0, 0, 0}, {1, 1, 1}},
  };
  std::vector<std::string> names;
  for (const PixelScaling& scaling : known) {
    if (scaling.name == name) return scaling;
    names.push_back(scaling.name);
  }
  throw core::unknown_name("pixel scaling", name, names);
}

PixelScaler::PixelScaler(const PixelScaling& scaling) : source_{}, table_{} {
  for (std::size_t channel = 0; channel < 3; ++channel) {
    source_[channel] = static_cast<int>(scaling.bgr ? 2 - channel : channel);
    for (std::size_t value = 0; value < 256; ++value) {
      const float scaled = static_cast<float>(value) / scaling.divisor;
      table_[channel][value] = (scaled - scaling.mean[channel]) / scaling.deviation[channel];
    }
  }
}

void PixelScaler::apply(const std::uint8_t* in, std::int64_t pixels, float* out) const {
  const auto& [first, second, third] = table_;
  const int a = source_[0], b = source_[1], c = source_[2];
  for (std::int64_t i = 0; i < pixels; ++i, in += 3, out += 3) {
    out[0] = first[in[a]];
    out[1] = second[in[b]];
    out[2] = third[in[c]];
  }
}

}  // namespace ersatz::data
