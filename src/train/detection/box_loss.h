// Measures of how well boxes fit, differentiable.
#pragma once

#include <torch/types.h>

namespace ersatz::train {

// Complete intersection over union (Zheng et al. 2020, "Distance-IoU loss", equations 7 to 11) of
// corners [..., 4] with corners [..., 4]: the overlap, less the distance of the middles in
// diagonals of the common hull, squared, less the weighted difference of the aspect ratios. In
// (-1.5, 1]. The weight of the aspect ratio is held constant, as Ultralytics does.
torch::Tensor complete_overlap(const torch::Tensor& a, const torch::Tensor& b);

// The same number for two boxes, without libtorch.
float complete_overlap(const float* a, const float* b);

// Generalised intersection over union (Rezatofighi et al. 2019, algorithm 1) of corners [..., 4]
// with corners [..., 4]: the overlap, less the share of the common hull that neither covers. In
// (-1, 1].
torch::Tensor generalised_overlap(const torch::Tensor& a, const torch::Tensor& b);

// Distribution focal loss (Li et al. 2020, equation 6): logits [N, 4, bins] and distances [N, 4] in
// [0, bins - 1): the cross-entropies of the two bins beside the distance, weighted by nearness,
// mean of the four sides: [N].
torch::Tensor distribution_focal_loss(const torch::Tensor& logits, const torch::Tensor& distances);

}  // namespace ersatz::train
