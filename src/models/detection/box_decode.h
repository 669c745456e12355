// Boxes from what anchor-free detectors say about cells.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace ersatz::models {

struct CellGrid {
  std::int64_t height = 0, width = 0;  // cells
  std::int64_t stride = 0;             // px of the input per cell
};

// The middles of all cells, rows first and grid after grid, in cells: float32 [A, 2] (x, y); and
// the strides, float32 [A, 1].
struct CellCentres {
  torch::Tensor points, strides;
};
CellCentres cell_centres(const std::vector<CellGrid>& grids, const torch::TensorOptions& options);

// Of logits [B, A, 4 * bins] the distances [B, A, 4] from a cell's middle to left, top, right and
// bottom in cells: the mean of 0, 1, ... bins - 1 under their softmax (Li et al. 2020, equation 5).
torch::Tensor expected_distances(const torch::Tensor& logits, std::int64_t bins);

// Both together: corners [B, A, 4] (x0, y0, x1, y1) in px.
torch::Tensor boxes_of_bins(const torch::Tensor& logits, const std::vector<CellGrid>& grids);

}  // namespace ersatz::models
