#include "models/diffusion/layers/unet_block.h"

#include <fmt/format.h>
#include <torch/types.h>

#include "compute/fused_layers.h"
#include "models/diffusion/layers/part.h"

namespace ersatz::models {

UNetBlock::UNetBlock(const UNetBlockOptions& options, std::size_t transformers)
    : name_(options.name) {
  for (std::size_t i = 0; i < options.inputs.size(); ++i) {
    ResnetOptions resnet;
    resnet.in = options.inputs[i];
    resnet.out = options.channels;
    resnet.time_channels = options.time_channels;
    resnet.groups = options.groups;
    resnet.epsilon = options.epsilon;
    resnets_.push_back(
        add_part(*this, fmt::format("resnets.{}", i), std::make_shared<ResnetBlock>(resnet)));
  }
  for (std::size_t i = 0; i < transformers; ++i) {
    const std::string path = fmt::format("attentions.{}", i);
    transformers_.push_back(add_part(
        *this, path, std::make_shared<Transformer2d>(options.transformer, name_ + "." + path)));
  }
}

torch::Tensor UNetBlock::run_resnet(std::size_t index, torch::Tensor x,
                                    const UNetPass& pass) const {
  x = resnets_[index]->forward(std::move(x), pass.time);
  pass.report(name_, "resnets", index, x);
  return x;
}

torch::Tensor UNetBlock::run_transformer(std::size_t index, const torch::Tensor& x,
                                         UNetPass& pass) const {
  torch::Tensor y = transformers_[index]->forward(x, pass);
  pass.report(name_, "attentions", index, y);
  return y;
}

UNetDownBlock::UNetDownBlock(const UNetBlockOptions& options)
    : UNetBlock(options, options.attention ? options.inputs.size() : 0) {
  if (options.resample) {
    downsample_ = add_part(*this, "downsamplers.0",
                           std::make_shared<Downsample>(options.channels, ConvSampling::kHalf));
  }
}

torch::Tensor UNetDownBlock::forward(torch::Tensor x, std::vector<torch::Tensor>& skips,
                                     UNetPass& pass) const {
  for (std::size_t i = 0; i < resnets_.size(); ++i) {
    x = run_resnet(i, std::move(x), pass);
    if (!transformers_.empty()) x = run_transformer(i, x, pass);
    skips.push_back(x);
  }
  if (downsample_) {
    x = downsample_->forward(x);
    pass.report(name_, "downsamplers", 0, x);
    skips.push_back(x);
  }
  pass.report(name_, x);
  return x;
}

UNetMidBlock::UNetMidBlock(const UNetBlockOptions& options)
    : UNetBlock(options, options.inputs.size() - 1) {}

torch::Tensor UNetMidBlock::forward(torch::Tensor x, UNetPass& pass) const {
  x = run_resnet(0, std::move(x), pass);
  for (std::size_t i = 1; i < resnets_.size(); ++i) {
    x = run_transformer(i - 1, x, pass);
    x = run_resnet(i, std::move(x), pass);
  }
  pass.report(name_, x);
  return x;
}

UNetUpBlock::UNetUpBlock(const UNetBlockOptions& options)
    : UNetBlock(options, options.attention ? options.inputs.size() : 0) {
  if (options.resample) {
    upsample_ = add_part(*this, "upsamplers.0", std::make_shared<Upsample>(options.channels));
  }
}

torch::Tensor UNetUpBlock::forward(torch::Tensor x, std::vector<torch::Tensor>& skips,
                                   UNetPass& pass) const {
  for (std::size_t i = 0; i < resnets_.size(); ++i) {
    x = compute::join_channels(x, skips.back());
    skips.pop_back();
    x = run_resnet(i, std::move(x), pass);
    if (!transformers_.empty()) x = run_transformer(i, x, pass);
  }
  if (upsample_) {
    // Sides that were odd on the way down are not twice the smaller ones.
    const torch::Tensor& next = skips.back();
    x = upsample_->forward(x, next.size(2), next.size(3));
    pass.report(name_, "upsamplers", 0, x);
  }
  pass.report(name_, x);
  return x;
}

}  // namespace ersatz::models
