#include "models/diffusion/layers/vae_blocks.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include "models/diffusion/layers/part.h"
#include "models/diffusion/layers/tokens.h"

namespace ersatz::models {

namespace {

constexpr double kNormEpsilon = 1e-6;  // of all normalisation in diffusers' autoencoder

// Adds "<block>.resnets.0" ... to `parent`: the first takes `in` channels.
std::vector<std::shared_ptr<ResnetBlock>> add_resnets(torch::nn::Module& parent,
                                                      const std::string& block, std::int64_t in,
                                                      std::int64_t out, std::int64_t groups,
                                                      std::int64_t count) {
  std::vector<std::shared_ptr<ResnetBlock>> resnets;
  for (std::int64_t i = 0; i < count; ++i) {
    ResnetOptions options;
    options.in = i == 0 ? in : out;
    options.out = out;
    options.groups = groups;
    options.epsilon = kNormEpsilon;
    resnets.push_back(add_part(parent, fmt::format("{}resnets.{}", block, i),
                               std::make_shared<ResnetBlock>(options)));
  }
  return resnets;
}

}  // namespace

VaeAttention::VaeAttention(std::int64_t channels, std::int64_t groups) {
  norm_ =
      add_part(*this, "group_norm", std::make_shared<GroupNorm>(groups, channels, kNormEpsilon));
  AttentionOptions options;
  options.channels = channels;
  options.context_channels = channels;
  options.bias = true;
  options.upcast = true;
  // Its projections are named as if they were this module's own.
  attention_ = std::make_shared<AttentionLayer>(options);
  for (const auto& child : attention_->named_children()) {
    register_module(child.key(), child.value());
  }
}

torch::Tensor VaeAttention::forward(const torch::Tensor& x) const {
  const torch::Tensor y = attention_->self_attention(to_tokens(norm_->forward(x)), to_tokens(x));
  return to_map(y, x.size(2), x.size(3));
}

VaeMidBlock::VaeMidBlock(std::int64_t channels, std::int64_t groups)
    : resnets_(add_resnets(*this, "", channels, channels, groups, 2)),
      attention_(
          add_part(*this, "attentions.0", std::make_shared<VaeAttention>(channels, groups))) {}

torch::Tensor VaeMidBlock::forward(torch::Tensor x) const {
  x = resnets_[0]->forward(std::move(x));
  x = attention_->forward(x);
  return resnets_[1]->forward(std::move(x));
}

VaeEncoder::VaeEncoder(const AutoencoderConfig& config) {
  const auto& channels = config.block_channels;
  conv_in_ =
      add_part(*this, "conv_in", std::make_shared<Conv2d>(config.image_channels, channels.front()));
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::string block = fmt::format("down_blocks.{}.", i);
    VaeLevel level;
    level.resnets = add_resnets(*this, block, channels[i == 0 ? 0 : i - 1], channels[i],
                                config.norm_groups, config.layers_per_block);
    if (i + 1 < channels.size()) {
      level.downsample =
          add_part(*this, block + "downsamplers.0",
                   std::make_shared<Downsample>(channels[i], ConvSampling::kHalfAfter));
    }
    levels_.push_back(std::move(level));
  }
  mid_ = add_part(*this, "mid_block",
                  std::make_shared<VaeMidBlock>(channels.back(), config.norm_groups));
  norm_out_ =
      add_part(*this, "conv_norm_out",
               std::make_shared<GroupNorm>(config.norm_groups, channels.back(), kNormEpsilon));
  conv_out_ = add_part(*this, "conv_out",
                       std::make_shared<Conv2d>(channels.back(), 2 * config.latent_channels));
}

torch::Tensor VaeEncoder::forward(torch::Tensor x) const {
  x = conv_in_->forward(x.contiguous(torch::MemoryFormat::ChannelsLast));
  for (const VaeLevel& level : levels_) {
    for (const auto& resnet : level.resnets) x = resnet->forward(std::move(x));
    if (level.downsample) x = level.downsample->forward(x);
  }
  x = mid_->forward(std::move(x));
  x = norm_out_->forward(std::move(x), true);
  return conv_out_->forward(x);
}

VaeDecoder::VaeDecoder(const AutoencoderConfig& config) {
  const std::vector<std::int64_t> channels(config.block_channels.rbegin(),
                                           config.block_channels.rend());
  conv_in_ = add_part(*this, "conv_in",
                      std::make_shared<Conv2d>(config.latent_channels, channels.front()));
  mid_ = add_part(*this, "mid_block",
                  std::make_shared<VaeMidBlock>(channels.front(), config.norm_groups));
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::string block = fmt::format("up_blocks.{}.", i);
    VaeLevel level;
    level.resnets = add_resnets(*this, block, channels[i == 0 ? 0 : i - 1], channels[i],
                                config.norm_groups, config.layers_per_block + 1);
    if (i + 1 < channels.size()) {
      level.upsample =
          add_part(*this, block + "upsamplers.0", std::make_shared<Upsample>(channels[i]));
    }
    levels_.push_back(std::move(level));
  }
  norm_out_ =
      add_part(*this, "conv_norm_out",
               std::make_shared<GroupNorm>(config.norm_groups, channels.back(), kNormEpsilon));
  conv_out_ =
      add_part(*this, "conv_out", std::make_shared<Conv2d>(channels.back(), config.image_channels));
}

torch::Tensor VaeDecoder::forward(torch::Tensor x) const {
  x = conv_in_->forward(x.contiguous(torch::MemoryFormat::ChannelsLast));
  x = mid_->forward(std::move(x));
  for (const VaeLevel& level : levels_) {
    for (const auto& resnet : level.resnets) x = resnet->forward(std::move(x));
    if (level.upsample) {
      x = level.upsample->forward(x, 2 * x.size(2), 2 * x.size(3));
    }
  }
  x = norm_out_->forward(std::move(x), true);
  return conv_out_->forward(x);
}

}  // namespace ersatz::models
