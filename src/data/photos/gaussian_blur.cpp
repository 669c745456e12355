#include "data/photos/gaussian_blur.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"

namespace ersatz::data {
namespace {

// The weights that matter, in the middle.
std::vector<float> taps(int count, double sigma) {
  if (!(sigma > 0)) return {1.0F};
  std::vector<float> weights;
  float sum = 0;
  const int reach = count / 2;
  for (int i = -reach; i <= reach; ++i) {
    const float scaled = static_cast<float>(i) / static_cast<float>(sigma);
    weights.push_back(std::exp(-0.5F * (scaled * scaled)));
    sum += weights.back();
  }
  for (float& weight : weights) weight /= sum;
  auto first = weights.begin();
  while (first != weights.begin() + reach && *first < 0x1p-28F) ++first;
  return {first, weights.end() - (first - weights.begin())};
}

int reflected(int i, int side) { return i < 0 ? -i : i >= side ? 2 * side - 2 - i : i; }

// Half to even, for 0 <= x < 2^22: adding 1.5 * 2^23 leaves whole numbers.
std::uint8_t to_byte(float x) {
  const float rounded = (x + 12582912.0F) - 12582912.0F;
  return static_cast<std::uint8_t>(static_cast<int>(rounded));
}

}  // namespace

BlurKernel::BlurKernel(int width, int height, double sigma)
    : horizontal_(taps(width, sigma)), vertical_(taps(height, sigma)) {
  const float centre = horizontal_[horizontal_.size() / 2] * vertical_[vertical_.size() / 2];
  changes_nothing_ = (1.0F - centre) * 255.0F < 0.49F;
}

void gaussian_blur(const BlurKernel& kernel, int side, const std::uint8_t* in, std::uint8_t* out) {
  const auto reach_x = static_cast<int>(kernel.horizontal().size() / 2);
  const auto reach_y = static_cast<int>(kernel.vertical().size() / 2);
  if (side <= reach_x || side <= reach_y) {
    throw core::Error::internal(fmt::format("a blur of {} x {} taps on a photo of {} pixels",
                                            kernel.horizontal().size(), kernel.vertical().size(),
                                            side));
  }
  const auto row = static_cast<std::size_t>(3 * side);
  // Rows first: whole rows are added up, with the border of the row written out on both sides.
  std::vector<float> padded(row + static_cast<std::size_t>(6 * reach_x)), sums(row);
  float* const middle = padded.data() + 3 * reach_x;
  for (int y = 0; y < side; ++y) {
    std::fill(middle, middle + row, 0.0F);
    for (int k = -reach_y; k <= reach_y; ++k) {
      const float weight = kernel.vertical()[static_cast<std::size_t>(k + reach_y)];
      const std::uint8_t* from = in + row * static_cast<std::size_t>(reflected(y + k, side));
      for (std::size_t i = 0; i < row; ++i) middle[i] += weight * static_cast<float>(from[i]);
    }
    for (int i = 1; i <= reach_x; ++i) {
      for (int c = 0; c < 3; ++c) {
        middle[-3 * i + c] = middle[3 * i + c];
        middle[3 * (side - 1 + i) + c] = middle[3 * (side - 1 - i) + c];
      }
    }
    std::fill(sums.begin(), sums.end(), 0.0F);
    for (int k = -reach_x; k <= reach_x; ++k) {
      const float weight = kernel.horizontal()[static_cast<std::size_t>(k + reach_x)];
      const float* from = middle + 3 * k;
      for (std::size_t i = 0; i < row; ++i) sums[i] += weight * from[i];
    }
    for (std::size_t i = 0; i < row; ++i) *out++ = to_byte(sums[i]);
  }
}

}  // namespace ersatz::data
