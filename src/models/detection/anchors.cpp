#include "models/detection/anchors.h"

#include <torch/types.h>

#include <array>
#include <cmath>

namespace ersatz::models {

namespace {

// Half widths and half heights around a middle, rounded as torchvision rounds corners.
std::vector<float> cell_anchors(double size) {
  // Sizes of the smallest level are whole numbers; larger levels take int(size * 2^(k/3)) as well.
  const std::array<double, 3> sizes = {size, std::floor(size * std::cbrt(2.0)),
                                       std::floor(size * std::cbrt(4.0))};
  std::vector<float> corners;
  for (const double ratio : {0.5, 1.0, 2.0}) {
    for (const double side : sizes) {
      const auto half_width = static_cast<float>(std::nearbyint(side / std::sqrt(ratio) / 2));
      const auto half_height = static_cast<float>(std::nearbyint(side * std::sqrt(ratio) / 2));
      corners.insert(corners.end(), {-half_width, -half_height, half_width, half_height});
    }
  }
  return corners;
}

}  // namespace

torch::Tensor retina_anchors(const std::vector<MapSize>& maps, double smallest,
                             const torch::TensorOptions& options) {
  TORCH_CHECK(!maps.empty(), "anchors of no maps");
  const std::int64_t height = 8 * maps[0].height, width = 8 * maps[0].width;
  std::vector<float> all;
  double size = smallest;
  for (const MapSize& map : maps) {
    const std::vector<float> cell = cell_anchors(size);
    for (std::int64_t i = 0; i < map.height; ++i) {
      for (std::int64_t j = 0; j < map.width; ++j) {
        const auto x = static_cast<float>(j * (width / map.width));
        const auto y = static_cast<float>(i * (height / map.height));
        for (std::size_t k = 0; k < cell.size(); ++k) all.push_back(cell[k] + (k % 2 == 0 ? x : y));
      }
    }
    size *= 2;
  }
  return torch::tensor(all).view({-1, 4}).to(options);
}

torch::Tensor encode_boxes(const torch::Tensor& boxes, const torch::Tensor& anchors) {
  const torch::Tensor anchor_size = anchors.narrow(-1, 2, 2) - anchors.narrow(-1, 0, 2);
  const torch::Tensor size = boxes.narrow(-1, 2, 2) - boxes.narrow(-1, 0, 2);
  const torch::Tensor anchor_middle = anchors.narrow(-1, 0, 2) + anchor_size / 2;
  const torch::Tensor middle = boxes.narrow(-1, 0, 2) + size / 2;
  return torch::cat({(middle - anchor_middle) / anchor_size, torch::log(size / anchor_size)}, -1);
}

torch::Tensor decode_boxes(const torch::Tensor& codes, const torch::Tensor& anchors) {
  const double most = std::log(1000.0 / 16);
  const torch::Tensor anchor_size = anchors.narrow(-1, 2, 2) - anchors.narrow(-1, 0, 2);
  const torch::Tensor middle =
      anchors.narrow(-1, 0, 2) + anchor_size / 2 + codes.narrow(-1, 0, 2) * anchor_size;
  const torch::Tensor half = torch::exp(codes.narrow(-1, 2, 2).clamp_max(most)) * anchor_size / 2;
  return torch::cat({middle - half, middle + half}, -1);
}

}  // namespace ersatz::models
