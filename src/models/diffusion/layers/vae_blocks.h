// The two halves of the autoencoder and the middle block they share (diffusers' Encoder, Decoder
// and UNetMidBlock2D).
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <memory>
#include <vector>

#include "models/diffusion/autoencoder_config.h"
#include "models/diffusion/layers/attention_layer.h"
#include "models/diffusion/layers/resample.h"
#include "models/diffusion/layers/resnet_block.h"

namespace ersatz::models {

// Attention of every pixel to every other, by one head over all channels, added to the input.
class VaeAttention : public torch::nn::Module {
 public:
  VaeAttention(std::int64_t channels, std::int64_t groups);
  torch::Tensor forward(const torch::Tensor& x) const;  // [B, C, H, W]

 private:
  std::shared_ptr<GroupNorm> norm_;
  std::shared_ptr<AttentionLayer> attention_;
};

class VaeMidBlock : public torch::nn::Module {
 public:
  VaeMidBlock(std::int64_t channels, std::int64_t groups);
  torch::Tensor forward(torch::Tensor x) const;

 private:
  std::vector<std::shared_ptr<ResnetBlock>> resnets_;
  std::shared_ptr<VaeAttention> attention_;
};

// One resolution: residual blocks, then halving or doubling where there is another one.
struct VaeLevel {
  std::vector<std::shared_ptr<ResnetBlock>> resnets;
  std::shared_ptr<Downsample> downsample;
  std::shared_ptr<Upsample> upsample;
};

class VaeEncoder : public torch::nn::Module {
 public:
  explicit VaeEncoder(const AutoencoderConfig& config);
  // [B, 3, H, W] -> moments [B, 2 * latent_channels, H/f, W/f], channels-last.
  torch::Tensor forward(torch::Tensor x) const;

 private:
  std::shared_ptr<Conv2d> conv_in_, conv_out_;
  std::vector<VaeLevel> levels_;
  std::shared_ptr<VaeMidBlock> mid_;
  std::shared_ptr<GroupNorm> norm_out_;
};

class VaeDecoder : public torch::nn::Module {
 public:
  explicit VaeDecoder(const AutoencoderConfig& config);
  // [B, latent_channels, h, w] -> [B, 3, h*f, w*f].
  torch::Tensor forward(torch::Tensor x) const;

 private:
  std::shared_ptr<Conv2d> conv_in_, conv_out_;
  std::vector<VaeLevel> levels_;
  std::shared_ptr<VaeMidBlock> mid_;
  std::shared_ptr<GroupNorm> norm_out_;
};

}  // namespace ersatz::models
