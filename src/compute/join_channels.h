// Feature maps beside each other, as networks with skip connections need them.
#pragma once

#include <torch/types.h>

#include <vector>

namespace ersatz::compute {

struct JoinedPart {
  torch::Tensor x;       // [B, C, H, W]; with `doubled` [B, C, H/2, W/2]
  bool doubled = false;  // every pixel becomes 2 x 2: the nearest neighbour
};

// The channels of all parts, [B, sum of C, H, W], channels-last. Differentiable. Without gradients
// on the CPU in float32, of channels-last parts or ranges of channels of such, in one pass; all
// else by libtorch.
torch::Tensor join_channels(const std::vector<JoinedPart>& parts);

}  // namespace ersatz::compute
