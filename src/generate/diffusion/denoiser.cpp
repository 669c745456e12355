#include "generate/diffusion/denoiser.h"

#include <torch/types.h>

#include <algorithm>

#include "core/error.h"
#include "generate/diffusion/guidance.h"

namespace ersatz::generate {
namespace {

struct DistinctPrompts {
  std::vector<std::string> texts;  // in the order of first use
  std::vector<std::int64_t> rows;  // of each network row
};

DistinctPrompts distinct(const Conditioning& conditioning, bool guided) {
  DistinctPrompts result;
  const auto add = [&](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      const auto found = std::find(result.texts.begin(), result.texts.end(), text);
      result.rows.push_back(found - result.texts.begin());
      if (found == result.texts.end()) result.texts.push_back(text);
    }
  };
  if (guided) add(conditioning.negatives);
  add(conditioning.prompts);
  return result;
}

bool is_identity(const std::vector<std::int64_t>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] != static_cast<std::int64_t>(i)) return false;
  }
  return true;
}

models::CrossAttentionCache cache_of(models::StableDiffusion& model, const PromptEncoder& encoder,
                                     const Conditioning& conditioning, bool guided) {
  const DistinctPrompts prompts = distinct(conditioning, guided);
  const torch::Tensor hidden =
      encoder.encode(prompts.texts).hidden.to(model.device, model.compute_type);
  encoder.text_encoder().set_aside();
  // Once per batch of prompts, so that waiting for the device costs nothing worth avoiding.
  if (!torch::isfinite(hidden).all().item<bool>()) {
    throw core::Error::numeric("an encoded prompt", "the text encoder's output");
  }
  models::CrossAttentionCache cache = model.unet->cross_attention_cache(hidden);
  if (is_identity(prompts.rows)) return cache;
  return cache.select(torch::tensor(prompts.rows, torch::kInt64).to(model.device));
}

}  // namespace

Denoiser::Denoiser(models::StableDiffusion& model, const PromptEncoder& encoder,
                   const Conditioning& conditioning, const std::vector<double>& timesteps,
                   const torch::Tensor& extra_channels)
    : unet_(*model.unet),
      compute_type_(model.compute_type),
      guided_(conditioning.guidance > 1),
      guidance_(conditioning.guidance),
      rescale_(conditioning.guidance_rescale),
      timesteps_(torch::tensor(timesteps, torch::kFloat64).to(torch::kFloat32).to(model.device)),
      cache_(cache_of(model, encoder, conditioning, guided_)) {
  if (extra_channels.defined()) {
    const torch::Tensor extra = extra_channels.to(compute_type_);
    extra_channels_ = guided_ ? torch::cat({extra, extra}) : extra;
  }
}

torch::Tensor Denoiser::predict(const torch::Tensor& sample, std::int64_t call,
                                models::UNetObserver* observer) const {
  torch::Tensor input = sample.to(compute_type_);
  if (guided_) input = torch::cat({input, input});
  if (extra_channels_.defined()) input = torch::cat({input, extra_channels_}, 1);
  const torch::Tensor output =
      unet_.forward(input, timesteps_.narrow(0, call, 1), cache_, observer).to(torch::kFloat32);
  return guided_ ? guide(output, guidance_, rescale_) : output;
}

}  // namespace ersatz::generate
