#include "runner/diffusion/model_setup.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "compute/torch_device.h"
#include "core/error.h"
#include "core/log.h"
#include "generate/diffusion/textual_inversion.h"
#include "models/diffusion/lora.h"
#include "runner/diffusion/named_choices.h"
#include "runner/diffusion/number_types.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Error;

models::LoadOptions load_options(const GenerateOptions& options) {
  models::LoadOptions load;
  load.device = compute::torch_device(options.device);
  load.compute_type = parse_number_type(options.dtype);
  load.weights_type = parse_number_type(options.weights_dtype);
  load.variant = options.variant;
  load.prediction = options.prediction;
  if (!options.tokenizer.empty() && fs::is_directory(options.tokenizer)) {
    load.tokenizer = options.tokenizer;
  }
  load.on_demand = true;
  return load;
}

generate::PromptWeights prompt_weights(const std::string& name) {
  if (name == "a1111") return generate::PromptWeights::kA1111;
  if (name == "compel") return generate::PromptWeights::kCompel;
  return generate::PromptWeights::kOff;
}

generate::SchedulerConfig settle_scheduler(const GenerateOptions& options,
                                           const models::StableDiffusion& networks) {
  generate::SchedulerConfig config;
  if (is_scheduler_file(options.scheduler)) {
    config = generate::parse_scheduler_config(core::read_python_json(options.scheduler),
                                              options.scheduler);
  } else {
    config = generate::parse_scheduler_config(
        networks.scheduler, networks.source / "scheduler" / "scheduler_config.json");
    if (!options.scheduler.empty()) config = generate::with_solver(config, options.scheduler);
  }
  if (options.eta) {
    if (config.solver != generate::Solver::kDdim) {
      throw Error::usage("--eta is a setting of the DDIM scheduler", "--scheduler ddim");
    }
    config.eta = *options.eta;
  }
  return config;
}

PictureSize native_size(const models::StableDiffusion& networks) {
  constexpr std::int64_t kMaxSide = 8192;  // px, as of --size
  constexpr std::int64_t kUsual = 64;      // latents, of SD 1.x
  const std::int64_t latents = networks.unet->config().sample_size;
  const std::int64_t side =
      (latents > 0 ? latents : kUsual) * networks.autoencoder->config().factor();
  if (side > kMaxSide) {
    throw Error::untrusted(
        networks.source / "unet" / "config.json",
        fmt::format("its pictures have {} px a side; {} are the most", side, kMaxSide))
        .with_hint("--size says which size to make");
  }
  return {static_cast<int>(side), static_cast<int>(side)};
}

}  // namespace

generate::ClipTokenizer load_model_tokenizer(const GenerateOptions& options) {
  const fs::path model = options.model;
  if (fs::is_directory(model) && !fs::exists(model / "model_index.json")) {
    throw Error::missing(fmt::format("{} is no model: it has no model_index.json", options.model),
                         "a folder in diffusers' layout, or a .safetensors or .ckpt file");
  }
  const fs::path named = options.tokenizer;
  if (!named.empty()) {
    return fs::is_directory(named) ? generate::ClipTokenizer::load(named)
                                   : generate::ClipTokenizer::load_openai(named);
  }
  if (!fs::is_directory(model)) {
    throw Error::missing(
        fmt::format("{} is a single file, which has no tokenizer in it", model.string()),
        "--tokenizer DIR (vocab.json, merges.txt), or --tokenizer bpe_simple_vocab_16e6.txt.gz");
  }
  return generate::ClipTokenizer::load(model / "tokenizer");
}

DiffusionModel load_model(const GenerateOptions& options, const GenerateRequest& request,
                          generate::ClipTokenizer tokenizer) {
  const models::LoadOptions load = load_options(options);
  DiffusionModel model;
  model.networks = models::load_stable_diffusion(options.model, load);
  for (const LoraFile& lora : request.loras) {
    const auto factors = models::load_lora(lora.file, model.networks);
    // Stays merged when the object goes.
    const models::LoraMerge merge(model.networks, factors, lora.scale);
    core::log_info(fmt::format("LoRA {}: {} weights adapted, scale {}",
                               lora.file.filename().string(), factors.size(), lora.scale));
  }
  model.prompts = std::make_unique<generate::PromptEncoder>(
      model.networks.text_encoder, std::move(tokenizer), prompt_weights(options.prompt_weights),
      options.clip_skip);
  for (const EmbeddingFile& file : request.embeddings) {
    const auto embedding = generate::load_textual_inversion(file.file, file.token);
    model.prompts->add_embedding(embedding);
    core::log_info(fmt::format("embedding {}: {} vector(s), used where a prompt says {}",
                               file.file.filename().string(), embedding.vectors.size(0),
                               embedding.token));
  }
  model.scheduler = settle_scheduler(options, model.networks);
  model.size = request.size ? *request.size : native_size(model.networks);
  model.compute_type = number_type_name(model.networks.compute_type);
  model.weights_type =
      load.weights_type ? number_type_name(*load.weights_type) : model.compute_type;
  return model;
}

}  // namespace ersatz::runner
