// Initial weights, drawn from the project's own random numbers: they depend only on (seed, name),
// not on the order in which layers are made or on libtorch's generators.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace ersatz::models {

// float32 tensor of `shape` with normal numbers of the given deviation.
torch::Tensor normal_weights(const std::vector<std::int64_t>& shape, double deviation,
                             std::uint64_t seed, std::string_view name);

// Uniform in +-bound.
torch::Tensor uniform_weights(const std::vector<std::int64_t>& shape, double bound,
                              std::uint64_t seed, std::string_view name);

// Uniform in +-sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010), for a [out, in] matrix or an
// [out, in, kh, kw] kernel; the default of the Keras layers that the paper's classifier uses.
torch::Tensor glorot_weights(const std::vector<std::int64_t>& shape, std::uint64_t seed,
                             std::string_view name);

// The same kernel in memory order [out, kh, kw, in], which convolutions of channels-last images
// use without reordering.
torch::Tensor channels_last_kernel(const torch::Tensor& kernel);

}  // namespace ersatz::models
