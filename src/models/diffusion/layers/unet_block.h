// One resolution of the UNet: residual blocks, each followed by a transformer where the level has
// them (diffusers' [CrossAttn]DownBlock2D, UNetMidBlock2DCrossAttn, [CrossAttn]UpBlock2D).
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/diffusion/layers/resample.h"
#include "models/diffusion/layers/resnet_block.h"
#include "models/diffusion/layers/transformer_2d.h"

namespace ersatz::models {

struct UNetBlockOptions {
  std::string name;                  // path in the network: "down_blocks.0"
  std::vector<std::int64_t> inputs;  // channels that go into each residual block
  std::int64_t channels = 0;         // that come out of each
  std::int64_t time_channels = 0;
  std::int64_t groups = 32;
  double epsilon = 1e-5;
  bool attention = false;
  bool resample = false;             // ends by halving or doubling the size
  Transformer2dOptions transformer;  // its block.channels equal `channels`
};

// The parts that all kinds of blocks consist of.
class UNetBlock : public torch::nn::Module {
 public:
  // In the order in which they run; see Transformer2d::add_to_cache.
  const std::vector<std::shared_ptr<Transformer2d>>& transformers() const { return transformers_; }

 protected:
  UNetBlock(const UNetBlockOptions& options, std::size_t transformers);

  torch::Tensor run_resnet(std::size_t index, torch::Tensor x, const UNetPass& pass) const;
  torch::Tensor run_transformer(std::size_t index, const torch::Tensor& x, UNetPass& pass) const;

  std::string name_;
  std::vector<std::shared_ptr<ResnetBlock>> resnets_;
  std::vector<std::shared_ptr<Transformer2d>> transformers_;
};

class UNetDownBlock : public UNetBlock {
 public:
  explicit UNetDownBlock(const UNetBlockOptions& options);
  // Appends what the way up needs to `skips`.
  torch::Tensor forward(torch::Tensor x, std::vector<torch::Tensor>& skips, UNetPass& pass) const;

 private:
  std::shared_ptr<Downsample> downsample_;
};

class UNetMidBlock : public UNetBlock {
 public:
  explicit UNetMidBlock(const UNetBlockOptions& options);
  torch::Tensor forward(torch::Tensor x, UNetPass& pass) const;
};

class UNetUpBlock : public UNetBlock {
 public:
  explicit UNetUpBlock(const UNetBlockOptions& options);
  // Takes its share off the end of `skips`; doubles to the size of the next one.
  torch::Tensor forward(torch::Tensor x, std::vector<torch::Tensor>& skips, UNetPass& pass) const;

 private:
  std::shared_ptr<Upsample> upsample_;
};

}  // namespace ersatz::models
