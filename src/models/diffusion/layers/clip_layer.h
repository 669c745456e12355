// One layer of CLIP's text encoder (transformers' CLIPEncoderLayer): causal self-attention and a
// two-layer perceptron, each of the normalised input and added to it.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <memory>

#include "models/diffusion/clip_text_config.h"
#include "models/diffusion/layers/linear.h"
#include "models/diffusion/layers/norm.h"

namespace ersatz::models {

class ClipLayer : public torch::nn::Module {
 public:
  explicit ClipLayer(const ClipTextConfig& config);
  // x [B, L, hidden]. `seen` bool [B, L], or undefined: the tokens that others attend to.
  torch::Tensor forward(torch::Tensor x, const torch::Tensor& seen = {}) const;

 private:
  torch::Tensor attend(const torch::Tensor& x, const torch::Tensor& residual,
                       const torch::Tensor& seen) const;
  torch::Tensor perceptron(const torch::Tensor& x, const torch::Tensor& residual) const;

  std::int64_t heads_;
  double scale_;
  ClipActivation activation_;
  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<Linear> q_, k_, v_, out_, fc1_, fc2_;
};

}  // namespace ersatz::models
