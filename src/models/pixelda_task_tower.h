// PixelDA's task classifier ("doubling" tower), trained together with the discriminator.
//
//   private, one copy for source and one for transferred images:
//     conv 3x3, 32 - ReLU - max pool;  conv 3x3, 64 - ReLU - max pool
//   shared: the same with doubling filters until the side is <= 5 (28 -> 14 -> 7 -> 3)
//     fully connected 100 - ReLU - dropout 0.5 - fully connected 10
//
// The reference implementation also predicts an object pose here; digits have none and that branch
// takes no part in any loss, so it is left out.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "models/pixelda_options.h"

namespace ersatz::models {

enum class TaskDomain { kSource, kTransferred };

class PixelDaTaskTower : public torch::nn::Module {
 public:
  PixelDaTaskTower(const PixelDaOptions& options, std::uint64_t seed);

  // images: [B, 1, S, S] in [-1, 1]. Returns logits [B, classes]. In training mode hidden units are
  // dropped by numbers that depend on `dropout_key`.
  torch::Tensor forward(const torch::Tensor& images, TaskDomain domain, std::uint64_t dropout_key);

 private:
  struct Layer {
    torch::Tensor weight, bias;
  };

  PixelDaOptions options_;
  std::vector<Layer> source_, transferred_, shared_;
  torch::Tensor hidden_weight_, hidden_bias_, output_weight_, output_bias_;
};

}  // namespace ersatz::models
