// Pictures as rows of pixels, the layout that the kernels take.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace ersatz::compute {

// [B, C, H, W] as a dense [B, H, W, C]: a view where x is channels-last.
inline torch::Tensor rows_of_pixels(const torch::Tensor& x) {
  return x.permute({0, 2, 3, 1}).contiguous();
}

// How many parts of at most `size` (positive) make `total` (not negative).
constexpr std::int64_t parts_of(std::int64_t total, std::int64_t size) {
  return (total + size - 1) / size;
}

}  // namespace ersatz::compute
