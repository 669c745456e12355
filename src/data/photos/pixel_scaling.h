// How pixels become the numbers that a network was trained on. Part of the description of
// pretrained weights.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ersatz::data {

// input = (value / divisor - mean[channel]) / deviation[channel], value in 0..255.
struct PixelScaling {
  std::string name = "imagenet-rgb";
  bool bgr = false;  // channel 0 is blue
  float divisor = 255;
  std::array<float, 3> mean = {0.485F, 0.456F, 0.406F};  // in the network's order of channels
  std::array<float, 3> deviation = {0.229F, 0.224F, 0.225F};
};

// "imagenet-rgb": torchvision's and timm's (the default above). "caffe-bgr": blue first, 0..255
// minus (104, 117, 123), of networks converted from Caffe. "plain-rgb": [0, 1]. Error::unknown
// otherwise.
PixelScaling pixel_scaling(std::string_view name);

// Applies a scaling by table: exactly the float32 arithmetic of torchvision's ToTensor and
// Normalize.
class PixelScaler {
 public:
  explicit PixelScaler(const PixelScaling& scaling);

  // `pixels` RGB photos of uint8 [..., 3] to float32 [..., 3].
  void apply(const std::uint8_t* in, std::int64_t pixels, float* out) const;

 private:
  std::array<int, 3> source_;  // channel of the photo behind each channel of the input
  std::array<std::array<float, 256>, 3> table_;
};

}  // namespace ersatz::data
