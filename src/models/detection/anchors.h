// Anchors and the code of boxes relative to them (Ren et al. 2015, "Faster R-CNN", section 3.1.2),
// as torchvision's RetinaNet uses them.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace ersatz::models {

inline constexpr std::int64_t kRetinaAnchors = 9;  // of each cell

// Height and width of each level's map, the finest (stride 8) first.
struct MapSize {
  std::int64_t height = 0, width = 0;
};

// Corners float32 [A, 4] in px: level by level, rows first, of each cell three aspect ratios
// (height by width 1/2, 1, 2) of three sizes each: smallest, * 2^(1/3), * 2^(2/3), rounded down,
// doubled from level to level; corners around the middle rounded to whole px. The middle of cell
// (i, j) is at (j * H / h, i * W / w), divided without rest, of an input of 8 times the finest map.
torch::Tensor retina_anchors(const std::vector<MapSize>& maps, double smallest,
                             const torch::TensorOptions& options);

// Corners [..., 4] of boxes as shifts of the middle in sizes of the anchor, and logarithms of the
// ratios of width and height.
torch::Tensor encode_boxes(const torch::Tensor& boxes, const torch::Tensor& anchors);
// The reverse; logarithms are at most log(1000 / 16).
torch::Tensor decode_boxes(const torch::Tensor& codes, const torch::Tensor& anchors);

}  // namespace ersatz::models
