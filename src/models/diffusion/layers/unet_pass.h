// What accompanies the activations on their way through the UNet.
#pragma once

#include <fmt/format.h>
#include <torch/types.h>

#include <cstddef>
#include <string>

#include "models/diffusion/unet.h"

namespace ersatz::models {

struct UNetPass {
  torch::Tensor time;                // [B or 1, 4 * channels], after its SiLU
  const CrossAttentionCache& cache;  // of all layers
  std::size_t next_layer = 0;        // whose keys and values come next
  UNetObserver* observer = nullptr;

  void report(const std::string& name, const torch::Tensor& output) const {
    if (observer != nullptr) observer->on_output(name, output);
  }
  // "down_blocks.0" + "resnets" + 1. Makes no text when nobody listens.
  void report(const std::string& block, const char* kind, std::size_t index,
              const torch::Tensor& output) const {
    if (observer != nullptr) {
      observer->on_output(fmt::format("{}.{}.{}", block, kind, index), output);
    }
  }
};

}  // namespace ersatz::models
