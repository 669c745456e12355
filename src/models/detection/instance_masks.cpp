#include "models/detection/instance_masks.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>

#include "compute/parallel.h"
#include "core/error.h"

namespace ersatz::models {
namespace {

// One direction: between which two prototype cells each pixel of the picture lies.
struct Samples {
  std::vector<int> lower, upper;
  std::vector<float> share;  // of the upper one
};

// Pixels [begin, end) of the picture, whose `inner` of `total` px of the input begin at `offset`.
Samples samples_of(int begin, int end, double inner_per_pixel, int offset, double cells_per_px,
                   int cells) {
  Samples samples;
  for (int i = begin; i < end; ++i) {
    const double input = (i + 0.5) * inner_per_pixel + offset;
    const double at = std::clamp(input * cells_per_px - 0.5, 0.0, static_cast<double>(cells - 1));
    const int lower = static_cast<int>(at);
    samples.lower.push_back(lower);
    samples.upper.push_back(std::min(lower + 1, cells - 1));
    samples.share.push_back(static_cast<float>(at - lower));
  }
  return samples;
}

struct Prototypes {
  const float* numbers;  // [count, height, width]
  int count, height, width;
};

// Sums of prototypes over the cells [top, bottom] x [left, right], rows first.
std::vector<float> weighted_sum(const Prototypes& prototypes, const float* coefficients, int top,
                                int bottom, int left, int right) {
  const int rows = bottom - top + 1, columns = right - left + 1;
  std::vector<float> sum(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
  for (int m = 0; m < prototypes.count; ++m) {
    const float weight = coefficients[m];
    for (int y = 0; y < rows; ++y) {
      const float* from =
          prototypes.numbers +
          (static_cast<std::ptrdiff_t>(m) * prototypes.height + top + y) * prototypes.width + left;
      float* to = sum.data() + static_cast<std::ptrdiff_t>(y) * columns;
      for (int x = 0; x < columns; ++x) to[x] += weight * from[x];
    }
  }
  return sum;
}

data::Rle mask_of(const Prototypes& prototypes, const float* coefficients,
                  const Detection& detection, const Letterbox& letterbox) {
  const data::CocoBox box =
      box_in_picture(detection.x0, detection.y0, detection.x1, detection.y1, letterbox);
  // Pixels whose index lies in [x0, x1).
  const auto first = [](double at, int most) {
    return std::clamp(static_cast<int>(std::ceil(at)), 0, most);
  };
  const int left = first(box.x, letterbox.source_width);
  const int right = first(box.x + box.width, letterbox.source_width);
  const int top = first(box.y, letterbox.source_height);
  const int bottom = first(box.y + box.height, letterbox.source_height);
  const int width = std::max(0, right - left), height = std::max(0, bottom - top);
  std::vector<std::uint8_t> mask(static_cast<std::size_t>(width) *
                                 static_cast<std::size_t>(height));
  if (!mask.empty()) {
    const Samples across = samples_of(
        left, right, static_cast<double>(letterbox.inner_width) / letterbox.source_width,
        letterbox.left, static_cast<double>(prototypes.width) / letterbox.width, prototypes.width);
    const Samples down = samples_of(
        top, bottom, static_cast<double>(letterbox.inner_height) / letterbox.source_height,
        letterbox.top, static_cast<double>(prototypes.height) / letterbox.height,
        prototypes.height);
    const int x0 = across.lower.front(), y0 = down.lower.front();
    const int columns = across.upper.back() - x0 + 1;
    const std::vector<float> sum =
        weighted_sum(prototypes, coefficients, y0, down.upper.back(), x0, across.upper.back());
    std::vector<float> row(static_cast<std::size_t>(columns));
    for (int y = 0; y < height; ++y) {
      const auto at = static_cast<std::size_t>(y);
      const float* a = sum.data() + static_cast<std::ptrdiff_t>(down.lower[at] - y0) * columns;
      const float* b = sum.data() + static_cast<std::ptrdiff_t>(down.upper[at] - y0) * columns;
      const float share = down.share[at];
      for (int x = 0; x < columns; ++x)
        row[static_cast<std::size_t>(x)] = a[x] + share * (b[x] - a[x]);
      std::uint8_t* to = mask.data() + static_cast<std::ptrdiff_t>(y) * width;
      for (int x = 0; x < width; ++x) {
        const auto i = static_cast<std::size_t>(x);
        const float low = row[static_cast<std::size_t>(across.lower[i] - x0)];
        const float high = row[static_cast<std::size_t>(across.upper[i] - x0)];
        to[x] = low + across.share[i] * (high - low) > 0 ? 1 : 0;
      }
    }
  }
  return data::encode_rle(mask.data(), data::PixelBox{left, top, width, height},
                          letterbox.source_height, letterbox.source_width);
}

}  // namespace

std::vector<data::Rle> instance_masks(const Predictions& predictions, std::int64_t b,
                                      const std::vector<Detection>& detections,
                                      const Letterbox& letterbox) {
  if (!predictions.prototypes.defined()) {
    throw core::Error::internal("masks of a detector that has none");
  }
  if (detections.empty()) return {};
  std::vector<std::int64_t> places;
  for (const Detection& detection : detections) places.push_back(detection.place);
  const torch::Tensor coefficients =
      predictions.coefficients[b]
          .index_select(0,
                        torch::tensor(places, torch::kInt64).to(predictions.coefficients.device()))
          .to(torch::kCPU, torch::kFloat32)
          .contiguous();
  const torch::Tensor planes =
      predictions.prototypes[b].to(torch::kCPU, torch::kFloat32).contiguous();
  TORCH_CHECK(coefficients.size(1) == planes.size(0), "coefficients ", coefficients.sizes(),
              " of prototypes ", planes.sizes());
  const Prototypes prototypes{planes.data_ptr<float>(), static_cast<int>(planes.size(0)),
                              static_cast<int>(planes.size(1)), static_cast<int>(planes.size(2))};
  const float* numbers = coefficients.data_ptr<float>();
  std::vector<data::Rle> masks(detections.size());
  compute::run_tasks(static_cast<std::int64_t>(detections.size()), 0, [&](std::int64_t i, float*) {
    const auto at = static_cast<std::size_t>(i);
    masks[at] = mask_of(prototypes, numbers + i * prototypes.count, detections[at], letterbox);
  });
  return masks;
}

}  // namespace ersatz::models
