// Multi-head attention with its projections (Vaswani et al. 2017), named as in diffusers: to_q,
// to_k, to_v, to_out.0.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>

#include "models/diffusion/layers/linear.h"

namespace ersatz::models {

struct AttentionOptions {
  std::int64_t channels = 0;
  std::int64_t context_channels = 0;  // of what keys and values are made from
  std::int64_t heads = 1;
  bool bias = false;    // of to_q, to_k, to_v; to_out.0 always has one
  bool upcast = false;  // scores in float32 even when the network computes in less
};

class AttentionLayer : public torch::nn::Module {
 public:
  explicit AttentionLayer(const AttentionOptions& options);

  torch::Tensor query(const torch::Tensor& x) const;        // [B, N, channels]
  torch::Tensor key(const torch::Tensor& context) const;    // [B, L, channels]
  torch::Tensor value(const torch::Tensor& context) const;  // [B, L, channels]
  // residual + the output projection of softmax(q k^T scale) v: [B, N, channels]. Tensors that are
  // moved in are freed, or used again, as early as possible.
  torch::Tensor attend(torch::Tensor q, torch::Tensor k, torch::Tensor v,
                       const torch::Tensor& residual) const;
  // All of it, of x [B, N, channels] to itself.
  torch::Tensor self_attention(torch::Tensor x, const torch::Tensor& residual) const;

  std::int64_t heads() const { return options_.heads; }
  double scale() const;  // 1 / sqrt(channels of a head)

 private:
  AttentionOptions options_;
  std::shared_ptr<Linear> to_q_, to_k_, to_v_, to_out_;
};

}  // namespace ersatz::models
