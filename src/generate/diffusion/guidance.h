// Classifier-free guidance (Ho & Salimans 2022).
#pragma once

#include <torch/types.h>

namespace ersatz::generate {

// `output` [2B, C, h, w]: the network's predictions without the prompt, then with it. Returns
// [B, C, h, w]: u + scale (c - u), equation 6 with 1 + w = scale; then, for `rescale` > 0, that
// share of it brought back to the standard deviation of c (Lin et al. 2024, equations 14-16).
torch::Tensor guide(const torch::Tensor& output, double scale, double rescale = 0);

}  // namespace ersatz::generate
