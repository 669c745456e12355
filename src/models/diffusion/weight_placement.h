// Where loaded weights end up: device, type, memory order.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>
#include <torch/types.h>

namespace ersatz::models {

struct WeightPlacement {
  c10::Device device = c10::kCPU;
  c10::ScalarType type = c10::ScalarType::Float;
  bool mapped = true;      // a view of the file will do
  bool as_stored = false;  // keep type and memory order
  bool on_demand = false;  // stays in the file until the network is used (stored_network.h)
};

// `stored` on the device, in the type of a parameter: `stored` itself where it already is both and
// may be a view; otherwise a new tensor, kernels of convolutions larger than 1x1 channels-last and
// all else contiguous, and the pages of the file behind `stored` are given back to the system.
torch::Tensor place_weight(const torch::Tensor& stored, const WeightPlacement& placement);

// A kernel [out, in, kh, kw] on the CPU as `type` in memory order [out, kh, kw, in].
torch::Tensor channels_last_copy(const torch::Tensor& kernel, c10::ScalarType type);

}  // namespace ersatz::models
