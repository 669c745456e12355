// The Gaussian blur of torchvision.transforms.GaussianBlur.
#pragma once

#include <cstdint>
#include <vector>

namespace ersatz::data {

// Taps of a separable Gaussian, computed in float32 as torchvision does.
class BlurKernel {
 public:
  // Odd numbers of taps; sigma in px, 0 for no blur.
  BlurKernel(int width, int height, double sigma);

  // Whether every 8-bit photo stays as it is after rounding: the neighbours together weigh less
  // than half a level.
  bool changes_nothing() const { return changes_nothing_; }

  // Taps -n..n; taps whose weight no 8-bit photo can show (below 2^-28) are left out.
  const std::vector<float>& horizontal() const { return horizontal_; }
  const std::vector<float>& vertical() const { return vertical_; }

 private:
  std::vector<float> horizontal_, vertical_;
  bool changes_nothing_;
};

// Blurs `in`, uint8 [side, side, 3], into `out`, which must not overlap it; the border is
// reflected without repeating its pixel. Rounds half to even; equal to torchvision but for pixels
// that lie on a half up to the rounding of float32. Error::internal when the kernel reaches beyond
// the reflection (side <= taps / 2).
void gaussian_blur(const BlurKernel& kernel, int side, const std::uint8_t* in, std::uint8_t* out);

}  // namespace ersatz::data
