// Dropout followed by additive Gaussian noise, as one differentiable operation.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace ersatz::models {

// y = x * mask / keep + deviation * z: mask is 1 with probability `keep`, z is standard normal; the
// gradient flows through the mask. On the CPU the numbers depend only on `key` and the position of
// the element in memory, whatever the number of threads; on CUDA they come from libtorch's default
// generator (see compute/seeding.h). float32 only; dense in memory; 0 < keep <= 1.
torch::Tensor noisy_dropout(const torch::Tensor& x, double keep, double deviation,
                            std::uint64_t key);

}  // namespace ersatz::models
