// Loading a model from one file with the names of the original implementation.
#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "core/error.h"
#include "models/diffusion/key_map.h"
#include "models/diffusion/model_loading.h"
#include "models/diffusion/parameter_match.h"
#include "models/diffusion/single_file_config.h"

namespace ersatz::models {

namespace fs = std::filesystem;

namespace {

// What training leaves in checkpoints and sampling does not need: the moving average of the weights
// (the weights themselves are used, as diffusers does), tables of the noise schedule, the loss of
// the autoencoder, and the parts of CLIP that compare texts with images.
bool is_training_leftover(std::string_view key) {
  constexpr std::array<std::string_view, 6> kPrefixes = {
      "model_ema.",          "first_stage_model.loss.", "first_stage_model.model_ema.",
      "posterior_mean_coef", "embedding_manager.",      "log_one_minus_alphas_cumprod"};
  constexpr std::array<std::string_view, 19> kNames = {
      "betas",
      "alphas_cumprod",
      "alphas_cumprod_prev",
      "sqrt_alphas_cumprod",
      "sqrt_one_minus_alphas_cumprod",
      "sqrt_recip_alphas_cumprod",
      "sqrt_recipm1_alphas_cumprod",
      "posterior_variance",
      "posterior_log_variance_clipped",
      "lvlb_weights",
      "logvar",
      "scale_factor",
      "denoiser.sigmas",
      "cond_stage_model.logit_scale",
      "cond_stage_model.text_projection",
      "cond_stage_model.transformer.text_model.embeddings.position_ids",
      "cond_stage_model.model.logit_scale",
      "cond_stage_model.model.text_projection",
      "cond_stage_model.model.attn_mask"};
  return std::any_of(
             kPrefixes.begin(), kPrefixes.end(),
             [&](std::string_view prefix) { return key.substr(0, prefix.size()) == prefix; }) ||
         std::find(kNames.begin(), kNames.end(), key) != kNames.end();
}

// Some early checkpoints of SD 1.x leave out one level of CLIP's names.
void complete_clip_names(NamedTensors& tensors, const fs::path& file) {
  for (const char* part : {"embeddings.", "encoder.", "final_layer_norm."}) {
    const std::string prefix = std::string(kSingleFileClip) + part;
    for (auto at = tensors.lower_bound(prefix);
         at != tensors.end() && at->first.compare(0, prefix.size(), prefix) == 0;
         at = tensors.lower_bound(prefix)) {
      auto node = tensors.extract(at);
      node.key().insert(kSingleFileClip.size(), "text_model.");
      const auto result = tensors.insert(std::move(node));
      if (!result.inserted) {
        throw core::Error::untrusted(
            file, fmt::format("tensor '{}' is there in two spellings", result.position->first));
      }
    }
  }
}

void ignore_prefix(ParameterMatch& match, std::string_view prefix) {
  const std::set<std::string> left = match.left_over();
  for (const std::string& key : left) {
    if (key.compare(0, prefix.size(), prefix) == 0) match.ignore(key);
  }
}

}  // namespace

StableDiffusion load_single_file(const fs::path& file, const LoadOptions& options) {
  Weights weights = open_weights(file);
  complete_clip_names(weights.tensors, file);
  if (!is_single_file(weights.tensors)) {
    throw core::Error::untrusted(
        file, fmt::format("is not a Stable Diffusion checkpoint: it has no tensor {}...",
                          kSingleFileUNet));
  }
  const bool configured = !options.configuration.empty();
  const Architecture shape = configured ? read_folder_architecture(options.configuration, options)
                                        : infer_architecture(weights, options);
  StableDiffusion model;
  model.scheduler = shape.scheduler;
  model.tokenizer = options.tokenizer;
  if (configured && model.tokenizer.empty() &&
      fs::exists(options.configuration / "tokenizer" / "vocab.json")) {
    model.tokenizer = options.configuration / "tokenizer";
  }

  ParameterMatch match(weights);
  if (options.unet) {
    model.unet = make_unet(shape.unet, file);
    match.add(*model.unet, unet_single_file_keys(shape.unet, parameter_names(*model.unet)));
  } else {
    ignore_prefix(match, kSingleFileUNet);
  }
  if (options.autoencoder) {
    model.autoencoder = make_autoencoder(shape.autoencoder, file);
    match.add(*model.autoencoder,
              autoencoder_single_file_keys(shape.autoencoder, parameter_names(*model.autoencoder)));
  } else {
    ignore_prefix(match, kSingleFileAutoencoder);
  }
  if (options.text_encoder) {
    model.text_encoder = make_clip_text(shape.text, file);
    const auto names = parameter_names(*model.text_encoder);
    const bool open_clip = has_open_clip(weights.tensors);
    match.add(*model.text_encoder,
              open_clip ? open_clip_single_file_keys(names) : clip_single_file_keys(names));
    // The layer of OpenCLIP behind the one that is used.
    if (open_clip) {
      ignore_prefix(match, fmt::format("{}transformer.resblocks.{}.", kSingleFileOpenClip,
                                       shape.text.layers));
    }
  } else {
    ignore_prefix(match, "cond_stage_model.");
  }
  const std::set<std::string> left = match.left_over();
  for (const std::string& key : left) {
    if (is_training_leftover(key)) match.ignore(key);
  }
  match.check();
  match.fill(matrix_placement(options), vector_placement(options));
  if (model.unet) freeze(*model.unet);
  if (model.autoencoder) freeze(*model.autoencoder);
  if (model.text_encoder) freeze(*model.text_encoder);
  return model;
}

}  // namespace ersatz::models
