#include "generator.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <utility>

#include "compute/torch_device.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/progress.h"
#include "core/suggest.h"
#include "data/images/image_file.h"
#include "data/images/png_codec.h"
#include "models/diffusion/save_lora.h"
#include "models/diffusion/stable_diffusion.h"
#include "names.h"
#include "runner/diffusion/generate_run.h"
#include "train/fine_tuning/class_pictures.h"
#include "train/fine_tuning/fine_tuning_trainer.h"

namespace ersatz::apples {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr std::int64_t kBefore = 8;  // pictures by the model as it was

const std::string& method_of(const core::Config& config) {
  static const std::vector<std::string> known = {"dreambooth", "lora", "none"};
  const std::string& method = config.get_string("finetune.method");
  if (std::find(known.begin(), known.end(), method) == known.end()) {
    throw core::unknown_name("finetune.method", method, known);
  }
  return method;
}

train::FineTuningTraining training_of(const core::Config& config) {
  train::FineTuningTraining training;
  if (method_of(config) == "lora") {
    training = train::lora_defaults();
    training.lora->rank = config.get_int("finetune.rank");
    training.lora->alpha = static_cast<double>(training.lora->rank);
  }
  training.steps = config.get_int("finetune.steps");
  training.batch_size = config.get_int("finetune.batch_size");
  training.learning_rate.base = config.get_float("finetune.learning_rate");
  training.prior_weight = config.get_float("finetune.prior_weight");
  training.mirrored = config.get_bool("finetune.mirrored");
  training.dtype = config.get_string("finetune.dtype");
  train::check(training);
  return training;
}

std::int64_t side_of(const core::Config& config) { return config.get_int("generator.side"); }

std::string pace_of(const core::Config& config, const runner::ModelFiles& base) {
  return fmt::format("{}, {} px", base.digest, side_of(config));
}

train::FineTuningPictures lessons(const core::Config& config,
                                  const std::vector<data::RgbImage>& pictures) {
  train::FineTuningPictures lessons;
  for (const data::RgbImage& picture : pictures) {
    lessons.instance.push_back({picture, config.get_string("finetune.prompt"), {}});
  }
  return lessons;
}

// Trains in the stage's checkpoint folder and returns what is to be kept.
Json fine_tune(const core::Config& config, const runner::ModelFiles& base,
               const std::vector<data::RgbImage>& pictures, const std::string& device,
               core::StageContext& stage) {
  const fs::path work = stage.checkpoint_dir() / "fine-tuning";
  core::make_directories(work);
  const train::FineTuningTraining training = training_of(config);
  models::LoadOptions load;
  load.device = compute::torch_device(device);
  load.compute_type = train::compute_type(training);
  // All of the model is saved, and may be trained, in float32.
  if (!training.lora) load.weights_type = torch::kFloat32;
  load.mapped = false;
  models::StableDiffusion model = models::load_stable_diffusion(base.path, load);
  runner::GenerateOptions options;
  options.model = base.path.string();
  const generate::ClipTokenizer tokenizer = runner::load_model_tokenizer(options);
  train::FineTuningPictures taught = lessons(config, pictures);
  const auto seed = static_cast<std::uint64_t>(config.get_int("seed"));
  if (const std::string& prompt = config.get_string("finetune.class_prompt"); !prompt.empty()) {
    train::ClassPictureRequest wanted;
    wanted.prompt = prompt;
    wanted.count = config.get_int("finetune.class_pictures");
    wanted.side = side_of(config);
    wanted.steps = config.get_int("pictures.steps");
    wanted.guidance = config.get_float("pictures.guidance");
    wanted.seed = seed;
    wanted.batch_size = config.get_int("pictures.batch_size");
    wanted.model = base.digest;
    for (data::RgbImage& picture : train::class_pictures(
             model, runner::load_model_tokenizer(options), wanted, work / "class_pictures")) {
      taught.prior.push_back({std::move(picture), prompt, {}});
    }
  }
  train::FineTuningRun how;
  how.run.checkpoint_folder = work / "checkpoints";
  how.run.metrics_file = stage.training_log();
  how.run.device = device;
  how.run.seed = seed;
  how.run.checkpoint_every = config.get_int("run.checkpoint_every");
  how.run.log_every = 10;
  core::Progress progress("fine-tuning", training.steps, "step");
  how.run.progress = &progress;
  how.model = base.digest;
  how.model_name = base.path.filename().string();
  const train::FineTuningResult result =
      train::fine_tune(model, tokenizer, taught, training, how, work);
  stage.keep(work / (training.lora ? models::kLoraWeights : train::kTrainedModel));
  return {{"steps", result.steps},
          {"loss", result.loss},
          {"samples_per_second", result.samples_per_second}};
}

runner::GenerateOptions sampling_options(const core::Config& config, const GeneratorFiles& files,
                                         const std::string& device) {
  runner::GenerateOptions options;
  options.mode = "txt2img";
  options.model = files.model.string();
  if (!files.lora.empty()) options.loras = {files.lora.string()};
  options.prompts = config.get_strings("pictures.prompts");
  if (const std::string& negative = config.get_string("pictures.negative_prompt");
      !negative.empty()) {
    options.negatives = {negative};
  }
  options.scheduler = config.get_string("pictures.scheduler");
  options.steps = config.get_int("pictures.steps");
  options.guidance = config.get_float("pictures.guidance");
  options.seed = static_cast<std::uint64_t>(config.get_int("seed")) * 1'000'000;
  options.batch = config.get_int("pictures.batch_size");
  options.size = fmt::format("{0}x{0}", side_of(config));
  options.device = device;
  options.quiet = true;
  return options;
}

// So many of each prompt that there are at least `count`.
std::int64_t of_each(std::int64_t count, const core::Config& config) {
  const auto prompts = static_cast<std::int64_t>(config.get_strings("pictures.prompts").size());
  if (prompts == 0) throw core::Error::usage("pictures.prompts is empty");
  if (count < 1) throw core::Error::usage(fmt::format("pictures.count is {}", count));
  return (count + prompts - 1) / prompts;
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".png") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

runner::ModelFiles base_model(core::RunContext& run) {
  return runner::run_model(run, run.config().get_string("generator.model"));
}

std::string add_generator(core::RunContext& run, core::StageGraph& graph, const RealSet& real,
                          const runner::ModelFiles& base) {
  const core::Config& config = run.config();
  const bool learns = method_of(config) != "none";
  if (learns) training_of(config);
  core::StageSpec spec;
  spec.name = kGeneratorStage;
  spec.kind = "generator";
  spec.inputs = {kRealStage};
  if (!real.drawn) spec.digests[real.manifest] = real.digest;
  spec.digests["model"] = base.digest;
  spec.config = config.slice({"finetune.", "generator.side", "seed"});
  if (!config.get_string("finetune.class_prompt").empty()) {
    spec.config.update(config.slice({"pictures.steps", "pictures.guidance"}));
  }
  spec.work = learns ? static_cast<double>(config.get_int("finetune.steps") *
                                           config.get_int("finetune.batch_size"))
                     : 1;
  spec.seconds_per_work = 0.03;
  spec.pace = fmt::format("{}, {}", method_of(config), pace_of(config, base));
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    const std::vector<data::RgbImage> pictures =
        few_pictures(read_real(real, stage, kTrain), config.get_int("finetune.pictures"),
                     config.get_int("seed"), static_cast<int>(side_of(config)));
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      core::write_file_atomic(stage.dir() / "few" / fmt::format("{:02}.png", i),
                              data::encode_png(pictures[i]));
    }
    Json summary = {{"pictures", pictures.size()}};
    if (learns) summary.update(fine_tune(config, base, pictures, device, stage));
    return summary;
  };
  return graph.add(std::move(spec));
}

GeneratorFiles generator_files(const core::StageContext& stage, const core::Config& config,
                               const runner::ModelFiles& base) {
  const fs::path& folder = stage.input(kGeneratorStage);
  const std::string& method = method_of(config);
  if (method == "dreambooth") return {folder / train::kTrainedModel, {}};
  if (method == "lora") return {base.path, folder / models::kLoraWeights};
  return {base.path, {}};
}

std::unique_ptr<runner::DiffusionModel> load_generator(const GeneratorFiles& files,
                                                       const std::string& device) {
  runner::GenerateOptions options;
  options.model = files.model.string();
  options.device = device;
  runner::GenerateRequest request;
  if (!files.lora.empty()) request.loras = {{files.lora, 1}};
  return std::make_unique<runner::DiffusionModel>(
      runner::load_model(options, request, runner::load_model_tokenizer(options)));
}

std::string add_pictures(core::RunContext& run, core::StageGraph& graph,
                         const runner::ModelFiles& base) {
  const core::Config& config = run.config();
  const std::int64_t each = of_each(config.get_int("pictures.count"), config);
  core::StageSpec spec;
  spec.name = kPicturesStage;
  spec.kind = "pictures";
  spec.inputs = {kGeneratorStage};
  spec.digests["model"] = base.digest;
  spec.config = config.slice({"pictures.", "generator.side", "finetune.method", "seed"});
  spec.work = static_cast<double>((config.get_int("pictures.count") + kBefore) *
                                  config.get_int("pictures.steps"));
  spec.seconds_per_work = 0.02;
  spec.pace = pace_of(config, base);
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    // Kept when the run is interrupted, and continued.
    const fs::path made = stage.checkpoint_dir() / "images";
    runner::GenerateOptions options =
        sampling_options(config, generator_files(stage, config, base), device);
    options.count = each;
    options.out = made.string();
    runner::run_generate(options);
    options = sampling_options(config, {base.path, {}}, device);
    options.count = of_each(kBefore, config);
    options.out = (stage.checkpoint_dir() / "before").string();
    runner::run_generate(options);
    for (const char* folder : {"images", "before"}) stage.keep(stage.checkpoint_dir() / folder);
    return Json{{"pictures", generated_pictures(config, stage.dir()).size()},
                {"side", side_of(config)}};
  };
  return graph.add(std::move(spec));
}

std::vector<GeneratedPicture> generated_pictures(const core::Config& config,
                                                 const fs::path& stage_folder) {
  const std::vector<fs::path> files = files_in(stage_folder / "images");
  const std::vector<std::string> prompts = config.get_strings("pictures.prompts");
  const auto count = static_cast<std::size_t>(config.get_int("pictures.count"));
  const auto each = static_cast<std::size_t>(of_each(config.get_int("pictures.count"), config));
  if (files.size() != each * prompts.size()) {
    throw core::Error::internal(fmt::format("{} pictures of {} prompts in {}", files.size(),
                                            prompts.size(), stage_folder.string()));
  }
  std::vector<GeneratedPicture> pictures;
  for (std::size_t k = 0; k < each; ++k) {
    for (std::size_t p = 0; p < prompts.size() && pictures.size() < count; ++p) {
      // Files are numbered prompt by prompt.
      const fs::path& file = files[p * each + k];
      pictures.push_back({file.filename().string(), file, prompts[p]});
    }
  }
  return pictures;
}

std::vector<data::RgbImage> pictures_in(const fs::path& folder) {
  std::vector<data::RgbImage> pictures;
  for (const fs::path& file : files_in(folder)) pictures.push_back(data::read_image(file));
  return pictures;
}

}  // namespace ersatz::apples
