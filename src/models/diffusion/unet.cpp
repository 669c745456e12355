#include "models/diffusion/unet.h"

#include <fmt/format.h>
#include <torch/autograd.h>
#include <torch/types.h>

#include <algorithm>

#include "compute/recorded_call.h"
#include "models/diffusion/layers/conv2d.h"
#include "models/diffusion/layers/norm.h"
#include "models/diffusion/layers/part.h"
#include "models/diffusion/layers/timestep_embedding.h"
#include "models/diffusion/layers/unet_block.h"
#include "models/diffusion/unet_recording.h"

namespace ersatz::models {

namespace {

// What the block of one level has in common on the way down, in the middle and on the way up.
UNetBlockOptions level_options(const UNetConfig& config, std::size_t level) {
  UNetBlockOptions options;
  options.channels = config.block_channels[level];
  options.time_channels = 4 * config.block_channels.front();
  options.groups = config.norm_groups;
  options.epsilon = config.norm_epsilon;
  options.transformer.block.channels = options.channels;
  options.transformer.block.context_channels = config.cross_attention_dim;
  options.transformer.block.heads = config.heads[level];
  options.transformer.block.upcast_attention = config.upcast_attention;
  options.transformer.layers = config.transformer_layers[level];
  options.transformer.groups = config.norm_groups;
  options.transformer.projection =
      config.linear_projection ? LinearWeight::kMatrix : LinearWeight::kKernel;
  return options;
}

UNetBlockOptions down_options(const UNetConfig& config, std::size_t level) {
  UNetBlockOptions options = level_options(config, level);
  options.name = fmt::format("down_blocks.{}", level);
  options.attention = config.down_attention[level];
  options.resample = level + 1 < config.block_channels.size();
  options.inputs.assign(static_cast<std::size_t>(config.layers_per_block), options.channels);
  options.inputs.front() = config.block_channels[level == 0 ? 0 : level - 1];
  return options;
}

UNetBlockOptions mid_options(const UNetConfig& config) {
  UNetBlockOptions options = level_options(config, config.block_channels.size() - 1);
  options.name = "mid_block";
  options.inputs.assign(2, options.channels);
  return options;
}

// Up blocks are counted from the smallest map; each takes one skip more than the down block of its
// level put there: the last one comes from the level above (or from conv_in).
UNetBlockOptions up_options(const UNetConfig& config, std::size_t index) {
  const std::size_t levels = config.block_channels.size(), level = levels - 1 - index;
  UNetBlockOptions options = level_options(config, level);
  options.name = fmt::format("up_blocks.{}", index);
  options.attention = config.up_attention[index];
  options.resample = level > 0;
  const auto layers = static_cast<std::size_t>(config.layers_per_block) + 1;
  for (std::size_t i = 0; i < layers; ++i) {
    const std::int64_t below = config.block_channels[std::min(level + 1, levels - 1)];
    const std::int64_t above = config.block_channels[level == 0 ? 0 : level - 1];
    const std::int64_t skip = i + 1 == layers ? above : options.channels;
    options.inputs.push_back((i == 0 ? below : options.channels) + skip);
  }
  return options;
}

}  // namespace

CrossAttentionCache CrossAttentionCache::select(const torch::Tensor& index) const {
  CrossAttentionCache chosen;
  for (const torch::Tensor& key : keys) chosen.keys.push_back(key.index_select(0, index));
  for (const torch::Tensor& value : values) chosen.values.push_back(value.index_select(0, index));
  return chosen;
}

struct UNet::Parts {
  std::shared_ptr<Conv2d> conv_in, conv_out;
  std::shared_ptr<TimestepEmbedding> time_embedding;
  std::vector<std::shared_ptr<UNetDownBlock>> down;
  std::shared_ptr<UNetMidBlock> mid;
  std::vector<std::shared_ptr<UNetUpBlock>> up;
  std::shared_ptr<GroupNorm> norm_out;
  std::vector<std::shared_ptr<Transformer2d>> transformers;  // in the order of execution
  std::size_t cross_attention_layers = 0;
};

UNet::UNet(const UNetConfig& config)
    : config_(config),
      parts_(std::make_unique<Parts>()),
      recording_(std::make_unique<UNetRecording>()) {
  Parts& parts = *parts_;
  const std::size_t levels = config.block_channels.size();
  const std::int64_t first = config.block_channels.front();
  parts.conv_in = add_part(*this, "conv_in", std::make_shared<Conv2d>(config.in_channels, first));
  parts.time_embedding =
      add_part(*this, "time_embedding", std::make_shared<TimestepEmbedding>(first, 4 * first));
  const auto keep_transformers = [&](const UNetBlock& block) {
    parts.transformers.insert(parts.transformers.end(), block.transformers().begin(),
                              block.transformers().end());
  };
  for (std::size_t i = 0; i < levels; ++i) {
    const UNetBlockOptions options = down_options(config, i);
    parts.down.push_back(add_part(*this, options.name, std::make_shared<UNetDownBlock>(options)));
    keep_transformers(*parts.down.back());
  }
  parts.mid = add_part(*this, "mid_block", std::make_shared<UNetMidBlock>(mid_options(config)));
  keep_transformers(*parts.mid);
  for (std::size_t i = 0; i < levels; ++i) {
    const UNetBlockOptions options = up_options(config, i);
    parts.up.push_back(add_part(*this, options.name, std::make_shared<UNetUpBlock>(options)));
    keep_transformers(*parts.up.back());
  }
  parts.norm_out =
      add_part(*this, "conv_norm_out",
               std::make_shared<GroupNorm>(config.norm_groups, first, config.norm_epsilon));
  parts.conv_out =
      add_part(*this, "conv_out", std::make_shared<Conv2d>(first, config.out_channels));
  for (const auto& transformer : parts.transformers) {
    parts.cross_attention_layers += transformer->layers();
  }
}

UNet::~UNet() = default;

CrossAttentionCache UNet::cross_attention_cache(const torch::Tensor& context) {
  TORCH_CHECK(context.dim() == 3 && context.size(2) == config_.cross_attention_dim,
              "UNet: context must be [B, L, ", config_.cross_attention_dim, "], got ",
              context.sizes());
  bring_in();
  CrossAttentionCache cache;
  for (const auto& transformer : parts_->transformers) transformer->add_to_cache(context, cache);
  return cache;
}

torch::Tensor UNet::forward(const torch::Tensor& sample, const torch::Tensor& timesteps,
                            const torch::Tensor& context, UNetObserver* observer) {
  return forward(sample, timesteps, cross_attention_cache(context.to(sample.scalar_type())),
                 observer);
}

torch::Tensor UNet::forward(const torch::Tensor& sample, const torch::Tensor& timesteps,
                            const CrossAttentionCache& cache, UNetObserver* observer) {
  TORCH_CHECK(sample.dim() == 4 && sample.size(1) == config_.in_channels,
              "UNet: sample must be [B, ", config_.in_channels, ", h, w], got ", sample.sizes());
  TORCH_CHECK(
      timesteps.dim() == 1 && (timesteps.size(0) == 1 || timesteps.size(0) == sample.size(0)),
      "UNet: one timestep, or one for each of ", sample.size(0), " samples, got ",
      timesteps.sizes());
  TORCH_CHECK(cache.keys.size() == parts_->cross_attention_layers &&
                  cache.values.size() == cache.keys.size(),
              "UNet: a cache of ", cache.keys.size(), " layers, the network has ",
              parts_->cross_attention_layers);
  TORCH_CHECK(cache.keys.empty() || cache.keys.front().size(0) == sample.size(0),
              "UNet: prompts for ", cache.keys.front().size(0), " samples, not for ",
              sample.size(0));
  bring_in();
  const bool recorded = recording_ && observer == nullptr && !torch::GradMode::is_enabled() &&
                        compute::RecordedCall::possible(sample.device()) && sample.numel() > 0;
  if (!recorded) return computed(sample, timesteps, cache, observer);
  // Walking the tree of modules would take longer than replaying a recording.
  if (weights_.empty()) weights_ = parameters();
  return recording_->forward(
      sample, timesteps.to(sample.device()), cache, weights_,
      [this](const torch::Tensor& x, const torch::Tensor& t, const CrossAttentionCache& c) {
        return computed(x, t, c, nullptr);
      });
}

void UNet::set_recording(bool wanted) {
  recording_ = wanted ? std::make_unique<UNetRecording>() : nullptr;
}

void UNet::forget_recordings() {
  if (recording_) set_recording(true);
}

torch::Tensor UNet::computed(const torch::Tensor& sample, const torch::Tensor& timesteps,
                             const CrossAttentionCache& cache, UNetObserver* observer) {
  const Parts& parts = *parts_;
  UNetPass pass{{}, cache, 0, observer};

  const torch::Tensor wave =
      sinusoidal_embedding(timesteps.to(sample.device()), config_.block_channels.front(),
                           config_.flip_sin_to_cos, config_.frequency_shift);
  pass.report("time_proj", wave);
  const torch::Tensor time = parts.time_embedding->forward(wave.to(sample.scalar_type()));
  pass.report("time_embedding", time);
  pass.time = torch::silu(time);

  torch::Tensor x = parts.conv_in->forward(sample.contiguous(torch::MemoryFormat::ChannelsLast));
  pass.report("conv_in", x);
  std::vector<torch::Tensor> skips = {x};
  for (const auto& block : parts.down) x = block->forward(std::move(x), skips, pass);
  x = parts.mid->forward(std::move(x), pass);
  for (const auto& block : parts.up) x = block->forward(std::move(x), skips, pass);
  x = parts.norm_out->forward(std::move(x), true);
  x = parts.conv_out->forward(x).contiguous();
  pass.report("conv_out", x);
  return x;
}

}  // namespace ersatz::models
