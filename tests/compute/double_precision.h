// Kernels against libtorch in double precision.
#pragma once

#include <torch/types.h>

namespace ersatz::compute {

inline torch::Tensor channels_last(const torch::Tensor& x) {
  return x.contiguous(torch::MemoryFormat::ChannelsLast);
}

// Largest difference in proportion to the largest number of `exact`, which is in double precision.
inline double error_of(const torch::Tensor& computed, const torch::Tensor& exact) {
  return ((computed.to(torch::kDouble) - exact).abs().max() / exact.abs().max()).item<double>();
}

}  // namespace ersatz::compute
