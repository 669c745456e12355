#include "models/detection/box_decode.h"

#include <torch/types.h>

namespace ersatz::models {

CellCentres cell_centres(const std::vector<CellGrid>& grids, const torch::TensorOptions& options) {
  std::vector<torch::Tensor> points, strides;
  for (const CellGrid& grid : grids) {
    const torch::Tensor x = torch::arange(grid.width, options) + 0.5;
    const torch::Tensor y = torch::arange(grid.height, options) + 0.5;
    const torch::Tensor all = torch::stack({x.unsqueeze(0).expand({grid.height, grid.width}),
                                            y.unsqueeze(1).expand({grid.height, grid.width})},
                                           2);
    points.push_back(all.reshape({-1, 2}));
    strides.push_back(
        torch::full({grid.height * grid.width, 1}, static_cast<double>(grid.stride), options));
  }
  return {torch::cat(points), torch::cat(strides)};
}

torch::Tensor expected_distances(const torch::Tensor& logits, std::int64_t bins) {
  TORCH_CHECK(logits.dim() == 3 && logits.size(2) == 4 * bins, "distances of ", bins,
              " bins from logits ", logits.sizes());
  const torch::Tensor shares =
      torch::softmax(logits.reshape({logits.size(0), logits.size(1), 4, bins}), 3);
  return torch::matmul(shares, torch::arange(bins, shares.options()));
}

torch::Tensor boxes_of_bins(const torch::Tensor& logits, const std::vector<CellGrid>& grids) {
  const std::vector<torch::Tensor> sides =
      expected_distances(logits, logits.size(2) / 4).chunk(2, 2);
  const CellCentres cells = cell_centres(grids, logits.options());
  return torch::cat({cells.points - sides[0], cells.points + sides[1]}, 2) * cells.strides;
}

}  // namespace ersatz::models
