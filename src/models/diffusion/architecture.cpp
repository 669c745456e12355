#include "models/diffusion/architecture.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/suggest.h"

namespace ersatz::models {

namespace {

ClipTextConfig open_clip_text() {
  ClipTextConfig text;
  text.hidden = 1024;
  text.intermediate = 4096;
  text.layers = 23;  // of 24: the last but one layer's output is used
  text.heads = 16;
  text.activation = ClipActivation::kGelu;
  return text;
}

Architecture sd15() { return {{}, {}, {}, standard_scheduler("epsilon")}; }

Architecture sd21(const std::string& prediction) {
  Architecture result = sd15();
  result.scheduler = standard_scheduler(prediction);
  result.unet.cross_attention_dim = 1024;
  result.unet.heads = {5, 10, 20, 20};
  result.unet.linear_projection = true;
  result.unet.upcast_attention = true;
  result.unet.sample_size = prediction == "v_prediction" ? 96 : 64;
  result.text = open_clip_text();
  return result;
}

// Vocabulary of the byte-level tokenizer: 2 x 256 symbols, start and end of text.
ClipTextConfig small_text(std::int64_t hidden, std::int64_t heads, std::int64_t layers) {
  ClipTextConfig text;
  text.vocabulary = 514;
  text.hidden = hidden;
  text.intermediate = 2 * hidden;
  text.layers = layers;
  text.heads = heads;
  return text;
}

Architecture tiny() {
  Architecture result = sd15();
  result.unet.sample_size = 32;
  result.unet.block_channels = {32, 64};
  result.unet.down_attention = {false, true};
  result.unet.up_attention = {true, false};
  result.unet.transformer_layers = {1, 1};
  result.unet.layers_per_block = 1;
  result.unet.cross_attention_dim = 32;
  result.unet.heads = {4, 4};
  result.text = small_text(32, 4, 3);
  result.autoencoder.block_channels = {16, 32};
  result.autoencoder.layers_per_block = 1;
  result.autoencoder.norm_groups = 16;
  return result;
}

Architecture mini() {
  Architecture result = sd15();
  result.unet.block_channels = {32, 32, 32, 64};
  result.unet.cross_attention_dim = 32;
  result.text = small_text(32, 4, 4);
  result.autoencoder.block_channels = {32, 32, 32, 32};
  return result;
}

Architecture mini_sd2() {
  Architecture result = sd21("v_prediction");
  result.unet.block_channels = {32, 32, 64, 64};
  result.unet.sample_size = 16;
  result.unet.layers_per_block = 1;
  result.unet.cross_attention_dim = 48;
  result.unet.heads = {1, 2, 2, 4};
  result.text = small_text(48, 3, 4);
  result.text.activation = ClipActivation::kGelu;
  result.autoencoder.block_channels = {16, 32, 32, 32};
  result.autoencoder.layers_per_block = 1;
  result.autoencoder.norm_groups = 16;
  return result;
}

Architecture inpainting(Architecture base) {
  base.unet.in_channels = 9;  // latents, mask, latents of the masked image
  return base;
}

}  // namespace

Architecture architecture(std::string_view name) {
  if (name == "sd15") return sd15();
  if (name == "sd15-inpaint") return inpainting(sd15());
  if (name == "sd21") return sd21("v_prediction");
  if (name == "sd21-base") return sd21("epsilon");
  if (name == "tiny") return tiny();
  if (name == "tiny-inpaint") return inpainting(tiny());
  if (name == "mini") return mini();
  if (name == "mini-sd2") return mini_sd2();
  throw core::unknown_name("architecture", name, architecture_names());
}

const std::vector<std::string>& architecture_names() {
  static const std::vector<std::string> names = {"sd15", "sd15-inpaint", "sd21", "sd21-base",
                                                 "tiny", "tiny-inpaint", "mini", "mini-sd2"};
  return names;
}

core::Json standard_scheduler(const std::string& prediction) {
  check_prediction(prediction);
  const bool velocity = prediction == "v_prediction";
  core::Json config = {{"_class_name", velocity ? "DDIMScheduler" : "PNDMScheduler"},
                       {"beta_start", 0.00085},
                       {"beta_end", 0.012},
                       {"beta_schedule", "scaled_linear"},
                       {"clip_sample", false},
                       {"num_train_timesteps", 1000},
                       {"prediction_type", prediction},
                       {"set_alpha_to_one", false},
                       {"steps_offset", 1},
                       {"timestep_spacing", "leading"},
                       {"trained_betas", nullptr}};
  if (!velocity) config["skip_prk_steps"] = true;
  return config;
}

core::Json multistep_scheduler(const std::string& prediction) {
  core::Json config = standard_scheduler(prediction);
  config["_class_name"] = "DPMSolverMultistepScheduler";
  config.erase("set_alpha_to_one");
  config.erase("skip_prk_steps");
  config["algorithm_type"] = "dpmsolver++";
  config["solver_order"] = 2;
  config["solver_type"] = "midpoint";
  config["lower_order_final"] = true;
  return config;
}

void check_prediction(const std::string& prediction) {
  if (prediction == "epsilon" || prediction == "v_prediction") return;
  throw core::Error::usage(
      fmt::format("what the network predicts cannot be '{}'", prediction),
      "epsilon (the noise: SD 1.x, SD 2.x base) or v_prediction (the velocity: SD 2.x for 768 "
      "pixels)");
}

}  // namespace ersatz::models
