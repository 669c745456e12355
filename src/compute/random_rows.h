// Tensors whose row k depends only on (seed, stream name, k): the same whatever the batch size,
// the number of threads or the device (drawn on the CPU by core/philox.h).
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace ersatz::compute {

// float32 [rows, shape...] on the CPU. Row r holds uniform numbers in [lo, hi) of the sample
// first_row + r.
torch::Tensor uniform_rows(std::int64_t rows, const std::vector<std::int64_t>& shape, float lo,
                           float hi, std::uint64_t seed, std::string_view stream,
                           std::uint64_t first_row = 0);

// The same with standard normal numbers.
torch::Tensor normal_rows(std::int64_t rows, const std::vector<std::int64_t>& shape,
                          std::uint64_t seed, std::string_view stream, std::uint64_t first_row = 0);

}  // namespace ersatz::compute
