// Checks that weights are numbers.
#pragma once

#include <torch/types.h>

namespace ersatz::models {

// Whether no element is NaN or infinite. CPU tensors of any type (integers always are finite).
// Reads every byte once, at the speed of memory, on all threads: 0.16 s for the 3.4 GB of SD 1.5's
// UNet in float32, measured on two cores.
bool all_finite(const torch::Tensor& tensor);

// Whether, besides, all elements stay finite when they are rounded to `type`. As fast, except for
// float64, which is converted.
bool all_finite_as(const torch::Tensor& tensor, c10::ScalarType type);

}  // namespace ersatz::models
