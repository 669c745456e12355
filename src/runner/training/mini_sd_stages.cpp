#include "runner/training/mini_sd_stages.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "compute/torch_device.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/log.h"
#include "core/philox.h"
#include "core/progress.h"
#include "core/signals.h"
#include "generate/diffusion/tokenizer/bpe_training.h"
#include "generate/diffusion/tokenizer/vocabulary_folder.h"
#include "models/diffusion/autoencoder_folder.h"
#include "models/diffusion/model_loading.h"
#include "models/diffusion/save_stable_diffusion.h"
#include "models/module_state.h"
#include "runner/training/sample_grid.h"
#include "train/diffusion/latent_cache_builder.h"
#include "train/diffusion/latent_diffusion_trainer.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Json;
using core::StageContext;
using core::StageSpec;

constexpr const char* kTokenizer = "tokenizer";
constexpr const char* kVae = "vae";
constexpr const char* kLatents = "latents";
constexpr const char* kModel = "model";
constexpr std::int64_t kPromptTokens = 77;

data::CaptionedScenes scenes_of(const MiniSdRecipe& recipe, const char* which) {
  data::CaptionedScenes scenes = recipe.scenes;
  scenes.seed = core::stream_seed(recipe.seed, fmt::format("mini-sd/pictures/{}", which));
  return scenes;
}

data::CaptionedImages pictures(const MiniSdRecipe& recipe, const char* which) {
  return data::captioned_scenes(scenes_of(recipe, which));
}

std::int64_t parameters_of(const torch::nn::Module& module) {
  std::int64_t count = 0;
  for (const torch::Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

train::TrainingRun training_run(const StageContext& stage, const MiniSdRecipe& recipe,
                                const MiniSdRun& run, core::Progress& progress) {
  train::TrainingRun how;
  how.checkpoint_folder = stage.checkpoint_dir();
  how.metrics_file = stage.training_log();
  how.device = run.device;
  how.seed = recipe.seed;
  how.log_every = recipe.log_every;
  how.progress = &progress;
  return how;
}

// SHA-256 over the files of a folder that belong to it, by name.
std::string folder_digest(const fs::path& folder, const std::vector<std::string>& names) {
  core::Sha256 digest;
  for (const std::string& name : names) {
    const fs::path file = folder / name;
    digest.update(fmt::format("{} {}\n", name, fs::exists(file) ? core::sha256_file(file) : "-"));
  }
  return digest.hex();
}

const std::vector<std::string> kTokenizerFiles = {
    "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"};

std::string tokenizer_digest(const fs::path& folder) {
  return folder_digest(folder, kTokenizerFiles);
}

// Of the configuration and all weight files in the folder of one network.
std::string weights_digest(const fs::path& folder) {
  std::vector<std::string> names = {"config.json"};
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() == ".safetensors") names.push_back(entry.path().filename());
  }
  std::sort(names.begin() + 1, names.end());
  return folder_digest(folder, names);
}

models::LoadOptions on_device(const MiniSdRun& run) {
  models::LoadOptions options;
  options.device = compute::torch_device(run.device);
  options.compute_type = torch::kFloat32;
  options.mapped = false;
  return options;
}

Json learn_vocabulary(StageContext& stage, const MiniSdRecipe& recipe) {
  const data::CaptionLists captions = data::captions_of_scenes(scenes_of(recipe, "training"));
  core::Progress progress("captions", recipe.vocabulary.captions, "caption");
  generate::BpeTraining training;
  for (std::int64_t i = 0; i < recipe.vocabulary.captions; ++i) {
    for (const std::string& caption : captions(i)) training.add(caption);
    progress.set(i + 1);
    if (i % 1000 == 0) core::stop_point();
  }
  generate::BpeTrainingOptions options;
  options.vocabulary_size = recipe.vocabulary.size;
  options.least_count = recipe.vocabulary.least_count;
  const generate::Vocabulary vocabulary = training.learn(options);
  generate::write_vocabulary_folder(stage.dir() / kTokenizer, vocabulary, kPromptTokens);
  return {{"tokens", vocabulary.tokens.size()}, {"captions", recipe.vocabulary.captions}};
}

// The tokenizer that the weights to begin with were trained with.
Json take_vocabulary(StageContext& stage, const MiniSdRecipe& recipe) {
  const fs::path from = fs::path(recipe.start_folder) / kTokenizer;
  const generate::ClipTokenizer tokenizer = generate::ClipTokenizer::load(from);  // refuses others
  core::make_directories(stage.dir() / kTokenizer);
  for (const std::string& name : kTokenizerFiles) {
    if (!fs::exists(from / name)) continue;
    core::write_file_atomic(stage.dir() / kTokenizer / name, core::read_file(from / name));
  }
  return {{"tokens", tokenizer.size()}, {"taken_from_elsewhere", true}};
}

Json train_vae(StageContext& stage, const core::Config& config, const MiniSdRecipe& recipe,
               const MiniSdRun& run) {
  core::Progress progress("vae", recipe.autoencoder.steps, "step");
  train::TrainingRun how = training_run(stage, recipe, run, progress);
  how.checkpoint_every = recipe.autoencoder_checkpoint_every;
  how.ranks = run.ranks;
  how.parts = std::min(run.parts, recipe.autoencoder.batch_size);
  train::AutoencoderImages images;
  images.training = pictures(recipe, "training");
  images.held_out = pictures(recipe, "held-out");
  images.name = core::canonical_json(config.slice({"data.", "seed"}));
  const train::AutoencoderTrainingResult result =
      train::train_autoencoder(images, recipe.autoencoder, how, stage.dir() / kVae);
  return {{"steps", result.steps},
          {"loss", result.loss},
          {"psnr", result.psnr},
          {"latent_deviation", result.latent_deviation},
          {"scaling_factor", result.scaling_factor}};
}

// An autoencoder that was trained before, in place of training one.
Json take_vae(StageContext& stage, const MiniSdRecipe& recipe, const MiniSdRun& run) {
  const auto autoencoder = models::load_autoencoder(recipe.autoencoder_folder, on_device(run));
  models::save_autoencoder(*autoencoder, autoencoder->config(), stage.dir() / kVae);
  return {{"taken_from_elsewhere", true}, {"scaling_factor", autoencoder->config().scaling_factor}};
}

Json encode_latents(StageContext& stage, const core::Config& config, const MiniSdRecipe& recipe,
                    const MiniSdRun& run) {
  const auto autoencoder =
      models::load_autoencoder(stage.input(kAutoencoderStage) / kVae, on_device(run));
  const fs::path tokens = stage.input(kVocabularyStage) / kTokenizer;
  const generate::ClipTokenizer tokenizer = generate::ClipTokenizer::load(tokens);
  const Json key = {{"pictures", config.slice({"data.", "seed"})},
                    {"count", recipe.latents},
                    {"mirrored", recipe.mirrored},
                    {"autoencoder", train::module_digest(*autoencoder)},
                    {"tokenizer", tokenizer_digest(tokens)}};
  train::LatentCacheContent content;
  content.images = pictures(recipe, "training");
  content.count = recipe.latents;
  content.tokens = kPromptTokens;
  content.mirrored = recipe.mirrored;
  core::Progress progress("latents", recipe.latents, "image");
  train::LatentCacheBuild build;
  build.progress = &progress;
  // Beside the checkpoint, so that finished shards survive an interruption.
  const fs::path folder = stage.checkpoint_dir() / kLatents;
  train::build_latent_cache(folder, key, content, *autoencoder, tokenizer, build);
  stage.keep(folder);
  return {{"pictures", recipe.latents}, {"key", key}};
}

models::StableDiffusion assemble(std::shared_ptr<models::UNet> unet,
                                 std::shared_ptr<models::ClipText> text,
                                 std::shared_ptr<models::Autoencoder> autoencoder,
                                 const Json& scheduler, const fs::path& tokenizer,
                                 const MiniSdRun& run) {
  models::StableDiffusion model;
  model.unet = std::move(unet);
  model.text_encoder = std::move(text);
  model.autoencoder = std::move(autoencoder);
  model.scheduler = scheduler;
  model.tokenizer = tokenizer;
  model.device = compute::torch_device(run.device);
  return model;
}

Json train_diffusion(StageContext& stage, const MiniSdRecipe& recipe, const MiniSdRun& run) {
  const fs::path tokens = stage.input(kVocabularyStage) / kTokenizer;
  const generate::ClipTokenizer tokenizer = generate::ClipTokenizer::load(tokens);
  train::LatentDiffusionTraining training = recipe.diffusion;
  training.text.vocabulary = tokenizer.size();
  const Json key = stage.input_summary(kLatentsStage).at("key");
  const train::LatentCache cache(stage.input(kLatentsStage) / kLatents, key);

  core::Progress progress("diffusion", training.steps, "step");
  train::LatentDiffusionRun how;
  how.run = training_run(stage, recipe, run, progress);
  how.run.checkpoint_every = recipe.diffusion_checkpoint_every;
  how.run.ranks = run.ranks;
  how.copies = run.parts;
  how.snapshot_every = recipe.samples.every;
  if (!recipe.start_folder.empty()) {
    models::LoadOptions parts = on_device(run);
    parts.autoencoder = false;
    const models::StableDiffusion start = models::load_stable_diffusion(recipe.start_folder, parts);
    how.start = {start.unet, start.text_encoder};
  }
  const auto autoencoder =
      models::load_autoencoder(stage.input(kAutoencoderStage) / kVae, on_device(run));
  how.on_snapshot = [&](const train::DiffusionSnapshot& snapshot) {
    models::StableDiffusion model =
        assemble(snapshot.unet, snapshot.text_encoder, autoencoder, recipe.scheduler, tokens, run);
    const fs::path file = run.samples / fmt::format("step-{:07d}.png", snapshot.step);
    write_sample_grid(model, generate::ClipTokenizer::load(tokens), recipe.samples, file);
    core::log_detail(fmt::format("samples after step {}: {}", snapshot.step, file.string()));
  };
  const train::LatentDiffusionResult result = train::train_latent_diffusion(
      cache, key, tokenizer.tokenize_padded("", kPromptTokens).ids, training, how, stage.dir());
  return {{"steps", result.steps},
          {"samples", result.steps * training.step_size()},
          {"loss", result.loss},
          {"samples_per_second", result.samples_per_second},
          {"vocabulary", training.text.vocabulary}};
}

Json write_model(StageContext& stage, const MiniSdRecipe& recipe, const MiniSdRun& run) {
  const fs::path weights = stage.input(kDiffusionStage);
  models::ClipTextConfig text_config = recipe.diffusion.text;
  text_config.vocabulary =
      stage.input_summary(kDiffusionStage).at("vocabulary").get<std::int64_t>();
  auto unet = std::make_shared<models::UNet>(recipe.diffusion.unet);
  auto text = std::make_shared<models::ClipText>(text_config);
  for (const auto& [module, name] :
       {std::pair<torch::nn::Module*, const char*>{unet.get(), train::kUNetWeights},
        std::pair<torch::nn::Module*, const char*>{text.get(), train::kTextEncoderWeights}}) {
    const fs::path file = weights / name;
    models::load_module_state(*module, models::load_safetensors(file).tensors, file);
    models::freeze(*module);
  }
  const fs::path tokens = stage.input(kVocabularyStage) / kTokenizer;
  MiniSdRun here = run;
  here.device = "cpu";
  const models::StableDiffusion model = assemble(
      unet, text, models::load_autoencoder(stage.input(kAutoencoderStage) / kVae, on_device(here)),
      recipe.scheduler, tokens, here);
  models::SaveOptions save;
  save.type = torch::kFloat16;
  models::save_stable_diffusion(model, stage.dir() / kModel, save);

  // Read back as any user would, in the type it was written in.
  models::LoadOptions load;
  load.device = compute::torch_device(run.device);
  models::StableDiffusion loaded = models::load_stable_diffusion(stage.dir() / kModel, load);
  const double saturated =
      write_sample_grid(loaded, generate::ClipTokenizer::load(stage.dir() / kModel / kTokenizer),
                        recipe.samples, stage.dir() / "samples.png");
  return {{"unet_parameters", parameters_of(*unet)},
          {"text_encoder_parameters", parameters_of(*text)},
          {"vae_parameters", parameters_of(*model.autoencoder)},
          {"bytes", core::tree_bytes(stage.dir() / kModel)},
          {"saturated_share", saturated}};
}

}  // namespace

void declare_mini_sd(const core::Config& config, const MiniSdRecipe& recipe,
                     const std::shared_ptr<const MiniSdRun>& run, core::StageGraph& graph) {
  const auto add = [&](const char* name, const std::vector<std::string>& settings,
                       std::vector<std::string> inputs, double work, double seconds_per_work,
                       std::function<Json(StageContext&)> body) -> StageSpec {
    StageSpec spec;
    spec.name = name;
    spec.kind = fmt::format("mini-sd-{}", name);
    spec.config = config.slice(settings);
    spec.inputs = std::move(inputs);
    spec.work = work;
    spec.seconds_per_work = seconds_per_work;
    spec.body = std::move(body);
    return spec;
  };
  StageSpec vocabulary =
      add(kVocabularyStage, {"data.", "vocabulary.", "seed"}, {},
          static_cast<double>(recipe.vocabulary.captions), 2e-5,
          [recipe](StageContext& stage) { return learn_vocabulary(stage, recipe); });
  vocabulary.numeric = false;
  const bool starts = !recipe.start_folder.empty();
  const fs::path start = recipe.start_folder;
  if (starts) {
    vocabulary.config = Json::object();
    vocabulary.work = vocabulary.seconds_per_work = 0;
    vocabulary.digests["start_tokenizer"] = tokenizer_digest(start / kTokenizer);
    vocabulary.body = [recipe](StageContext& stage) { return take_vocabulary(stage, recipe); };
  }
  graph.add(std::move(vocabulary));

  const auto vae_samples =
      static_cast<double>(recipe.autoencoder.steps * recipe.autoencoder.batch_size);
  StageSpec vae = add(kAutoencoderStage, {"data.", "vae.", "seed"}, {}, vae_samples, 0.06,
                      [config, recipe, run](StageContext& stage) {
                        return train_vae(stage, config, recipe, *run);
                      });
  vae.collective = true;
  if (!recipe.autoencoder_folder.empty()) {
    vae.collective = false;
    const fs::path folder = recipe.autoencoder_folder;
    vae.config = Json::object();
    vae.work = vae.seconds_per_work = 0;
    vae.digests["vae"] =
        folder_digest(folder, {"config.json", "diffusion_pytorch_model.safetensors"});
    vae.body = [recipe, run](StageContext& stage) { return take_vae(stage, recipe, *run); };
  }
  graph.add(std::move(vae));

  StageSpec latents =
      add(kLatentsStage, {"data.", "latents.", "seed"}, {kVocabularyStage, kAutoencoderStage},
          static_cast<double>(recipe.latents), 0.02, [config, recipe, run](StageContext& stage) {
            return encode_latents(stage, config, recipe, *run);
          });
  latents.intermediate = true;
  graph.add(std::move(latents));

  const auto samples = static_cast<double>(recipe.diffusion.steps * recipe.diffusion.step_size());
  StageSpec diffusion =
      add(kDiffusionStage, {"text_encoder.", "unet.", "diffusion.", "seed"},
          {kVocabularyStage, kAutoencoderStage, kLatentsStage}, samples, 0.017,
          [recipe, run](StageContext& stage) { return train_diffusion(stage, recipe, *run); });
  if (starts) {
    for (const char* network : {"unet", "text_encoder"}) {
      diffusion.digests[fmt::format("start_{}", network)] = weights_digest(start / network);
    }
  }
  diffusion.collective = true;
  graph.add(std::move(diffusion));
  graph.add(add(
      kModelStage, {"samples.", "model."}, {kVocabularyStage, kAutoencoderStage, kDiffusionStage},
      static_cast<double>(recipe.samples.prompts.size()) *
          static_cast<double>(recipe.samples.per_prompt * recipe.samples.steps),
      0.01, [recipe, run](StageContext& stage) { return write_model(stage, recipe, *run); }));
}

}  // namespace ersatz::runner
