#include "runner/training/mini_sd_recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/project.h"
#include "core/suggest.h"
#include "models/diffusion/architecture.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Config;
using core::Error;
using core::Json;

constexpr const char* kModel = "mini-sd";

// Key of a kind of scene: "data.apple_tree".
std::string kind_key(data::SceneKind kind) {
  std::string name(data::scene_kind_name(kind));
  std::replace(name.begin(), name.end(), ' ', '_');
  return "data." + name;
}

std::vector<std::string> recipe_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::int64_t at_least(const Config& config, const char* key, std::int64_t least) {
  const std::int64_t value = config.get_int(key);
  if (value < least) throw Error::usage(fmt::format("{} = {} is less than {}", key, value, least));
  return value;
}

data::CaptionedScenes parse_scenes(const Config& config) {
  data::CaptionedScenes scenes;
  scenes.weights.clear();
  for (const data::SceneKind kind : data::scene_kinds()) {
    const double share = config.get_float(kind_key(kind));
    if (share != 0) scenes.weights[kind] = share;
  }
  scenes.width = scenes.height =
      static_cast<int>(std::min<std::int64_t>(at_least(config, "data.side", 1), 1 << 16));
  scenes.domain = config.get_float("data.domain");
  return scenes;
}

// The configuration as a model's file would give it, checked as such; what is wrong with it is the
// recipe's mistake.
template <typename Network, typename Parse>
Network checked(const Json& json, const char* part, const Parse& parse) {
  try {
    return parse(json, fmt::format("[{}]", part));
  } catch (const Error& error) {
    throw Error::usage(fmt::format("recipe {}", error.what()), error.hint());
  }
}

train::LearningRateSchedule parse_rate(const Config& config, const std::string& part) {
  train::LearningRateSchedule rate;
  rate.kind = train::parse_schedule_kind(config.get_string(part + ".schedule"));
  rate.base = config.get_float(part + ".learning_rate");
  rate.warmup_steps = config.get_int(part + ".warmup_steps");
  return rate;
}

train::AutoencoderTraining parse_autoencoder(const Config& config) {
  train::AutoencoderTraining training;
  training.network.block_channels = config.get_ints("vae.block_channels");
  training.network.layers_per_block = config.get_int("vae.layers_per_block");
  training.network.norm_groups = config.get_int("vae.norm_groups");
  training.network.latent_channels = config.get_int("vae.latent_channels");
  training.side = config.get_int("vae.side");
  training.steps = config.get_int("vae.steps");
  training.batch_size = config.get_int("vae.batch_size");
  training.learning_rate = parse_rate(config, "vae");
  training.loss.absolute = config.get_float("vae.absolute_weight");
  training.loss.squared = config.get_float("vae.squared_weight");
  training.loss.edges = config.get_float("vae.edges_weight");
  training.loss.scales = config.get_int("vae.edge_scales");
  training.loss.kl = config.get_float("vae.kl_weight");
  training.beta1 = config.get_float("vae.beta1");
  training.beta2 = config.get_float("vae.beta2");
  training.weight_decay = config.get_float("vae.weight_decay");
  training.gradient_clip = config.get_float("vae.gradient_clip");
  training.ema.decay = config.get_float("vae.ema_decay");
  training.network = checked<models::AutoencoderConfig>(
      models::autoencoder_config_json(training.network), "vae", models::parse_autoencoder_config);
  training.dtype = config.get_string("vae.dtype");
  training.held_out = config.get_int("vae.held_out");
  return training;
}

models::UNetConfig parse_unet(const Config& config) {
  models::UNetConfig unet;
  unet.block_channels = config.get_ints("unet.block_channels");
  unet.layers_per_block = config.get_int("unet.layers_per_block");
  unet.norm_groups = config.get_int("unet.norm_groups");
  unet.heads = config.get_ints("unet.heads");
  unet.down_attention = config.get_bools("unet.attention");
  unet.up_attention.assign(unet.down_attention.rbegin(), unet.down_attention.rend());
  unet.transformer_layers.assign(unet.block_channels.size(), 1);
  unet.in_channels = unet.out_channels = config.get_int("vae.latent_channels");
  unet.cross_attention_dim = config.get_int("text_encoder.hidden");
  if (unet.down_attention.size() != unet.block_channels.size() ||
      unet.heads.size() != unet.block_channels.size()) {
    throw Error::usage(
        fmt::format("unet.block_channels has {} levels, unet.attention {} and "
                    "unet.heads {}",
                    unet.block_channels.size(), unet.down_attention.size(), unet.heads.size()));
  }
  return checked<models::UNetConfig>(models::unet_config_json(unet), "unet",
                                     models::parse_unet_config);
}

models::ClipTextConfig parse_text_encoder(const Config& config) {
  models::ClipTextConfig text;
  text.hidden = config.get_int("text_encoder.hidden");
  text.intermediate = config.get_int("text_encoder.intermediate");
  text.layers = config.get_int("text_encoder.layers");
  text.heads = config.get_int("text_encoder.heads");
  text.vocabulary = config.get_int("vocabulary.size");
  return checked<models::ClipTextConfig>(models::clip_text_config_json(text), "text_encoder",
                                         models::parse_clip_text_config);
}

train::LatentDiffusionTraining parse_diffusion(const Config& config) {
  train::LatentDiffusionTraining training;
  training.unet = parse_unet(config);
  training.text = parse_text_encoder(config);
  training.scheduler = models::standard_scheduler(config.get_string("diffusion.prediction"));
  training.steps = config.get_int("diffusion.steps");
  training.batch_size = config.get_int("diffusion.batch_size");
  training.accumulation = config.get_int("diffusion.accumulation");
  training.learning_rate = parse_rate(config, "diffusion");
  training.optimiser.beta1 = config.get_float("diffusion.beta1");
  training.optimiser.beta2 = config.get_float("diffusion.beta2");
  training.optimiser.weight_decay = config.get_float("diffusion.weight_decay");
  training.optimiser.clip_norm = config.get_float("diffusion.gradient_clip");
  training.optimiser.clip =
      training.optimiser.clip_norm == 0 ? train::ClipMode::kNone : train::ClipMode::kGlobalNorm;
  training.average.decay = config.get_float("diffusion.ema_decay");
  training.caption_dropout = config.get_float("diffusion.caption_dropout");
  training.timesteps = train::parse_timestep_sampling(config.get_string("diffusion.timesteps"));
  training.min_snr_gamma = config.get_float("diffusion.min_snr_gamma");
  training.dtype = config.get_string("diffusion.dtype");
  return training;
}

// What the exported model names as its own.
Json parse_scheduler(const Config& config) {
  const std::string name = config.get_string("model.scheduler"),
                    prediction = config.get_string("diffusion.prediction");
  if (name == "standard") return models::standard_scheduler(prediction);
  if (name == "dpmpp_2m") return models::multistep_scheduler(prediction);
  throw core::unknown_name("model.scheduler", name, {"standard", "dpmpp_2m"});
}

Json rate_defaults(double base) {
  return {{"schedule", "cosine"}, {"learning_rate", base}, {"warmup_steps", 100}};
}

}  // namespace

Json mini_sd_defaults() {
  Json all = Json::object();
  const auto add = [&](const std::string& part, const Json& values) {
    for (const auto& [key, value] : values.items()) all[part + "." + key] = value;
  };
  all["seed"] = 1;
  all["start.model"] = "";
  add("data", {{"side", 128}, {"domain", 0.0}});
  for (const data::SceneKind kind : data::scene_kinds()) all[kind_key(kind)] = 0.0;
  add("vocabulary", {{"size", 1024}, {"captions", 10000}, {"least_count", 2}});
  const train::AutoencoderTraining vae;
  add("vae", rate_defaults(1e-3));
  add("vae", {{"folder", ""},
              {"block_channels", {32, 64, 64, 96}},
              {"layers_per_block", 1},
              {"norm_groups", 16},
              {"latent_channels", 4},
              {"side", 128},
              {"steps", 4000},
              {"batch_size", 8},
              {"absolute_weight", vae.loss.absolute},
              {"squared_weight", vae.loss.squared},
              {"edges_weight", vae.loss.edges},
              {"edge_scales", vae.loss.scales},
              {"kl_weight", vae.loss.kl},
              {"beta1", vae.beta1},
              {"beta2", vae.beta2},
              {"weight_decay", vae.weight_decay},
              {"gradient_clip", vae.gradient_clip},
              {"ema_decay", vae.ema.decay},
              {"dtype", vae.dtype},
              {"held_out", vae.held_out}});
  add("latents", {{"pictures", 40000}, {"mirrored", false}});
  add("text_encoder", {{"hidden", 128}, {"intermediate", 256}, {"layers", 3}, {"heads", 4}});
  add("unet", {{"block_channels", {64, 96, 112}},
               {"layers_per_block", 1},
               {"norm_groups", 16},
               {"attention", {true, true, false}},
               {"heads", {4, 6, 7}}});
  const train::LatentDiffusionTraining diffusion;
  add("diffusion", rate_defaults(5e-4));
  add("diffusion", {{"steps", 10000},
                    {"batch_size", 32},
                    {"accumulation", 1},
                    {"prediction", "epsilon"},
                    {"beta1", diffusion.optimiser.beta1},
                    {"beta2", diffusion.optimiser.beta2},
                    {"weight_decay", diffusion.optimiser.weight_decay},
                    {"gradient_clip", diffusion.optimiser.clip_norm},
                    {"ema_decay", 0.999},
                    {"caption_dropout", diffusion.caption_dropout},
                    {"timesteps", "uniform"},
                    {"min_snr_gamma", 0.0},
                    {"dtype", diffusion.dtype}});
  add("samples", {{"prompts", Json::array({std::string("a photo")})},
                  {"per_prompt", 8},
                  {"every", 1000},
                  {"steps", 25},
                  {"guidance", 7.5}});
  add("model", {{"scheduler", "dpmpp_2m"}});
  add("run",
      {{"vae_checkpoint_every", 200}, {"diffusion_checkpoint_every", 200}, {"log_every", 50}});
  return all;
}

Config load_mini_sd_recipe(const std::string& name_or_path,
                           const std::vector<std::string>& overrides) {
  const fs::path folder = core::Project::get().assets() / kModel;
  fs::path file = name_or_path;
  if (name_or_path.find('/') == std::string::npos && file.extension() != ".toml") {
    file = folder / (name_or_path + ".toml");
    if (!fs::exists(file)) {
      throw core::unknown_name("recipe", name_or_path, recipe_names(folder));
    }
  }
  Config config = Config::load_over(mini_sd_defaults(), file);
  for (const std::string& assignment : overrides) config.override_value(assignment);
  return config;
}

MiniSdRecipe parse_mini_sd_recipe(const Config& config) {
  MiniSdRecipe recipe;
  recipe.seed = static_cast<std::uint64_t>(config.get_int("seed"));
  recipe.start_folder = config.get_string("start.model");
  recipe.scenes = parse_scenes(config);
  data::captioned_scenes(recipe.scenes);  // refuses shares that make no mixture
  recipe.vocabulary = {config.get_int("vocabulary.size"),
                       at_least(config, "vocabulary.captions", 1),
                       config.get_int("vocabulary.least_count")};
  recipe.autoencoder_folder = config.get_string("vae.folder");
  if (!recipe.start_folder.empty()) {
    if (!recipe.autoencoder_folder.empty()) {
      throw Error::usage("start.model and vae.folder exclude each other: a model has its own vae");
    }
    if (!fs::is_directory(recipe.start_folder)) {
      throw Error::missing(fmt::format("start.model: {} is no folder", recipe.start_folder),
                           "a model that `ersatz train mini-sd` made");
    }
    recipe.autoencoder_folder = (fs::path(recipe.start_folder) / "vae").string();
  }
  recipe.autoencoder = parse_autoencoder(config);
  recipe.scheduler = parse_scheduler(config);
  recipe.latents = at_least(config, "latents.pictures", 1);
  recipe.mirrored = config.get_bool("latents.mirrored");
  recipe.diffusion = parse_diffusion(config);
  recipe.samples = {config.get_strings("samples.prompts"),
                    at_least(config, "samples.per_prompt", 1), at_least(config, "samples.every", 0),
                    at_least(config, "samples.steps", 1), config.get_float("samples.guidance")};
  if (recipe.samples.prompts.empty()) throw Error::usage("samples.prompts is empty");
  recipe.autoencoder_checkpoint_every = at_least(config, "run.vae_checkpoint_every", 1);
  recipe.diffusion_checkpoint_every = at_least(config, "run.diffusion_checkpoint_every", 1);
  recipe.log_every = at_least(config, "run.log_every", 1);
  const std::int64_t factor = recipe.autoencoder.network.factor();
  if (recipe.scenes.width % factor != 0) {
    throw Error::usage(fmt::format("data.side = {} is no multiple of the autoencoder's factor {}",
                                   recipe.scenes.width, factor));
  }
  recipe.diffusion.unet.sample_size = recipe.scenes.width / factor;
  train::check(recipe.diffusion);
  return recipe;
}

}  // namespace ersatz::runner
