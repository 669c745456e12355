#include "data/digits/mnist_normalise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace ersatz::data {
namespace {

// Area averaging along one axis: target pixel i is the sum of weight[k] * source[first + k].
struct Taps {
  int first = 0;
  std::vector<float> weights;
};

// `source` pixels shrink (or grow) to `source * scale` px, which need not be whole: the rest of the
// last target pixel is background, shared between both ends.
std::vector<Taps> area_taps(int source, double scale) {
  const double extent = source * scale;
  const int target = std::max(1, static_cast<int>(std::ceil(extent - 1e-9)));
  const double margin = (target - extent) / 2;
  std::vector<Taps> taps(static_cast<std::size_t>(target));
  for (int i = 0; i < target; ++i) {
    const double begin = std::max(0.0, (i - margin) / scale);
    const double end = std::min<double>(source, (i + 1 - margin) / scale);
    Taps& tap = taps[static_cast<std::size_t>(i)];
    tap.first = std::min(source - 1, static_cast<int>(std::floor(begin + 1e-9)));
    for (int s = tap.first; s < source && s < end - 1e-9; ++s) {
      const double covered = std::min<double>(end, s + 1) - std::max<double>(begin, s);
      tap.weights.push_back(static_cast<float>(covered * scale));
    }
  }
  return taps;
}

}  // namespace

void mnist_normalise(const std::uint8_t* ink, int height, int width, std::uint8_t* out) {
  const InkBox box = ink_box(ink, height, width, width);
  if (box.empty()) {
    std::fill(out, out + kDigitPixels, std::uint8_t{0});
    return;
  }
  const double scale = static_cast<double>(kDigitExtent) / std::max(box.width, box.height);
  const std::vector<Taps> columns = area_taps(box.width, scale);
  const std::vector<Taps> rows = area_taps(box.height, scale);
  const std::size_t patch_width = columns.size();

  // Rows are accumulated first: the inner loop then runs over contiguous pixels.
  std::vector<float> line(static_cast<std::size_t>(box.width));
  std::array<std::uint8_t, kDigitExtent * kDigitExtent> patch{};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::fill(line.begin(), line.end(), 0.0F);
    for (std::size_t k = 0; k < rows[i].weights.size(); ++k) {
      const float weight = rows[i].weights[k];
      const std::ptrdiff_t y = box.top + rows[i].first + static_cast<std::ptrdiff_t>(k);
      const std::uint8_t* source = ink + y * width + box.left;
      for (std::size_t x = 0; x < line.size(); ++x) line[x] += weight * source[x];
    }
    for (std::size_t j = 0; j < patch_width; ++j) {
      const float* source = line.data() + columns[j].first;
      float sum = 0;
      for (std::size_t k = 0; k < columns[j].weights.size(); ++k) {
        sum += columns[j].weights[k] * source[k];
      }
      const float rounded = std::min(255.0F, std::floor(sum + 0.5F));
      patch[i * patch_width + j] =
          sum > 0 ? static_cast<std::uint8_t>(std::max(1.0F, rounded)) : std::uint8_t{0};
    }
  }
  place_by_mass(patch.data(), static_cast<int>(rows.size()), static_cast<int>(patch_width),
                static_cast<int>(patch_width), out);
}

}  // namespace ersatz::data
