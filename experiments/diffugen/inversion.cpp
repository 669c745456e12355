#include "inversion.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "compute/torch_device.h"
#include "core/file_system.h"
#include "core/progress.h"
#include "data/images/image_file.h"
#include "data/photos/photo_set.h"
#include "data/photos/pixel_scaling.h"
#include "data/scenes/scene.h"
#include "model.h"
#include "models/classifier_file.h"
#include "models/diffusion/stable_diffusion.h"
#include "names.h"
#include "records.h"
#include "report/photo_grid.h"
#include "runner/diffusion/generate_run.h"
#include "scene_labels.h"
#include "scene_sets.h"
#include "teachers.h"
#include "train/photo_evaluation.h"
#include "train/textual_inversion/textual_inversion_trainer.h"

namespace ersatz::diffugen {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr const char* kStage = "inversion";
constexpr const char* kFruitStage = "fruit-inversion";
constexpr const char* kToken = "<grand-piano>";
constexpr std::uint64_t kConceptScenes = 9'500'000;
constexpr std::uint64_t kPictureSeed = 940'000;
constexpr std::size_t kShown = 6;

std::string token_stage(std::int64_t seed) { return fmt::format("labels/token/seed-{}", seed); }

// A thing to be learned, and who says what it is.
struct Lesson {
  std::string stage, token, name, judge;
  data::SceneRequest shown;  // as somebody would take pictures of one thing
  std::string initializer;
  std::int64_t vectors = 0, steps = 0;
};

Lesson piano_lesson(const core::Config& config) {
  Lesson lesson{kStage, kToken, "grand piano", kJudge, {}, {}, 0, 0};
  lesson.shown.kind = data::SceneKind::kGrandPiano;
  lesson.shown.fixed = {{"colour", "black"}, {"view", "side"}};
  lesson.initializer = config.get_string("inversion.initializer");
  lesson.vectors = config.get_int("inversion.vectors");
  lesson.steps = config.get_int("inversion.steps");
  return lesson;
}

Lesson lemon_lesson(const core::Config& config) {
  Lesson lesson{kFruitStage, "<lemon>", "lemon", kFruitJudge, {}, {}, 0, 0};
  lesson.shown.fixed = {{"fruit", "lemon"}, {"count", "one"}};
  lesson.initializer = config.get_string("inversion.fruit_initializer");
  lesson.vectors = config.get_int("inversion.fruit_vectors");
  lesson.steps = config.get_int("inversion.fruit_steps");
  return lesson;
}

train::ConceptImages concept_pictures(const core::Config& config, const Lesson& lesson) {
  train::ConceptImages images;
  train::ConceptPreparation preparation;
  preparation.side = static_cast<int>(config.get_int("scenes.side"));
  for (std::int64_t i = 0; i < config.get_int("inversion.concept_images"); ++i) {
    data::SceneRequest request = lesson.shown;
    request.width = request.height = preparation.side;
    images.pictures.push_back(
        train::prepare_picture(data::draw_scene(request, kConceptScenes, i).image, preparation));
    images.names.push_back(fmt::format("{}.png", i));
  }
  return images;
}

void learn(const core::Config& config, const Lesson& lesson, const runner::ModelFiles& model,
           const std::string& device, const train::ConceptImages& images, const fs::path& folder) {
  train::TextualInversionTraining training;
  training.token = lesson.token;
  training.initializer = lesson.initializer;
  training.vectors = lesson.vectors;
  training.templates = {"a photo of a {}", "a photo of the {}"};
  training.steps = lesson.steps;
  training.batch_size = config.get_int("inversion.batch_size");
  training.learning_rate.base = config.get_float("inversion.learning_rate");
  train::TextualInversionRun how;
  how.run.checkpoint_folder = folder / "checkpoints";
  how.run.seed = static_cast<std::uint64_t>(config.get_int("seed"));
  how.run.checkpoint_every = config.get_int("run.checkpoint_every");
  core::Progress progress("textual inversion", training.steps, "steps");
  how.run.progress = &progress;
  how.model = model.digest;
  how.model_name = model.path.filename().string();
  runner::GenerateOptions options;
  options.model = model.path.string();
  models::LoadOptions load;
  load.device = compute::torch_device(device);
  // As `ersatz train textual-inversion`: float16's gradients would need a loss scale.
  load.compute_type = load.device.is_cpu() ? torch::kFloat32 : torch::kBFloat16;
  load.mapped = false;
  models::StableDiffusion networks = models::load_stable_diffusion(model.path, load);
  train::train_textual_inversion(networks, runner::load_model_tokenizer(options), images, training,
                                 how, folder);
}

// The same seeds whatever the prompt.
void draw(const core::Config& config, const runner::ModelFiles& model, const std::string& device,
          const std::string& prompt, const fs::path& embedding, const fs::path& folder) {
  runner::GenerateOptions options;
  options.mode = "txt2img";
  options.model = model.path.string();
  options.prompts = {prompt};
  if (!embedding.empty()) options.embeddings = {embedding.string()};
  options.steps = config.get_int("inversion.sampling_steps");
  options.guidance = config.get_float("diffusion.guidance");
  options.seed = kPictureSeed;
  options.count = config.get_int("inversion.pictures");
  options.batch = std::min(options.count, config.get_int("diffusion.batch_size"));
  const auto size = config.get_int("diffusion.size");
  if (size > 0) options.size = fmt::format("{0}x{0}", size);
  options.device = device;
  options.out = folder.string();
  options.quiet = true;
  runner::run_generate(options);
}

std::vector<data::RgbImage> pictures_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".png") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<data::RgbImage> pictures;
  for (const fs::path& file : files) pictures.push_back(data::read_image(file));
  return pictures;
}

// Share of the pictures that the judge takes for `name`.
double share_shown(const std::vector<data::RgbImage>& pictures, const std::string& name,
                   const fs::path& judge, int side, const std::string& device) {
  const models::LoadedClassifier loaded = models::load_image_classifier(judge);
  const std::vector<std::string>& classes = loaded.description.classes;
  const auto label =
      static_cast<std::uint8_t>(std::find(classes.begin(), classes.end(), name) - classes.begin());
  const data::PhotoSet photos = data::prepare_photos(
      classes, std::vector<std::uint8_t>(pictures.size(), label),
      [&](std::int64_t i) { return pictures[static_cast<std::size_t>(i)]; }, {side, side});
  train::EvaluationRun run;
  run.device = device;
  return train::evaluate_photos(*loaded.network, photos,
                                data::pixel_scaling(loaded.description.scaling), run)
      .accuracy;
}

report::PhotoRow row(const std::string& caption, std::vector<data::RgbImage> pictures) {
  if (pictures.size() > kShown) pictures.resize(kShown);
  return {caption, std::move(pictures)};
}

std::string add_lesson(core::RunContext& run, core::StageGraph& graph, const Lesson& lesson) {
  const core::Config& config = run.config();
  const runner::ModelFiles model = diffusion_model(run);
  core::StageSpec spec;
  spec.name = lesson.stage;
  spec.kind = kStage;
  spec.inputs = {lesson.judge};
  spec.config =
      config.slice({"inversion.concept_images", "inversion.batch_size", "inversion.learning_rate",
                    "inversion.pictures", "inversion.sampling_steps", "diffusion.guidance",
                    "diffusion.size", "diffusion.batch_size", "scenes.side", "judge.side", "seed"});
  spec.config["token"] = lesson.token;
  spec.config["initializer"] = lesson.initializer;
  spec.config["vectors"] = lesson.vectors;
  spec.config["steps"] = lesson.steps;
  spec.digests["model"] = model.digest;
  spec.work = static_cast<double>(lesson.steps * config.get_int("inversion.batch_size"));
  spec.seconds_per_work = 0.022;
  spec.pace = model_pace(config, "scenes.side");
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    const train::ConceptImages images = concept_pictures(config, lesson);
    // Kept when the run is interrupted, and continued.
    const fs::path work = stage.checkpoint_dir();
    learn(config, lesson, model, device, images, work / "training");
    const fs::path embedding = work / "training" / train::kLearnedEmbeddings;
    stage.keep(embedding);
    draw(config, model, device, "a photo of a " + lesson.name, {}, work / "before");
    draw(config, model, device, "a photo of a " + lesson.token, embedding, work / "after");
    const std::vector<data::RgbImage> before = pictures_in(work / "before");
    const std::vector<data::RgbImage> after = pictures_in(work / "after");
    for (const char* folder : {"before", "after"}) stage.keep(work / folder);
    report::write_photo_grid_png(
        stage.dir() / "sheet.png",
        {row("learned from", images.pictures), row(fmt::format("'{}'", lesson.name), before),
         row("the learned word", after)});
    const fs::path judge = stage.input(lesson.judge) / "judge.safetensors";
    const auto side = static_cast<int>(config.get_int("judge.side"));
    return Json{{"pictures", after.size()},
                {"before", share_shown(before, lesson.name, judge, side, device)},
                {"after", share_shown(after, lesson.name, judge, side, device)}};
  };
  return graph.add(std::move(spec));
}

void record_shown(const core::Config& config, const core::FinishedStages& stages,
                  const std::string& stage, const std::string& metric, const std::string& reason,
                  core::MetricTable& metrics) {
  for (const char* when : {"before", "after"}) {
    const std::string id = fmt::format("{}.{}", metric, when);
    if (stages.has(stage)) {
      const Json& summary = stages.summary(stage);
      metrics.add(id, std::nullopt, config.get_int("seed"), 100 * summary.at(when).get<double>(),
                  "%", summary.at("pictures").get<std::int64_t>());
    } else {
      metrics.not_run(id, std::nullopt, "%", reason);
    }
  }
}

}  // namespace

bool has_inversion(const core::Config& config) {
  return has_diffusion(config) && config.get_int("inversion.steps") > 0;
}

bool has_fruit_inversion(const core::Config& config) {
  return has_diffusion(config) && config.get_int("inversion.fruit_steps") > 0;
}

std::string add_inversion(core::RunContext& run, core::StageGraph& graph) {
  return add_lesson(run, graph, piano_lesson(run.config()));
}

std::string add_fruit_inversion(core::RunContext& run, core::StageGraph& graph) {
  return add_lesson(run, graph, lemon_lesson(run.config()));
}

std::string add_token_labels(core::RunContext& run, core::StageGraph& graph, std::int64_t seed) {
  const core::Config& config = run.config();
  const runner::ModelFiles model = diffusion_model(run);
  const std::string scenes = scenes_stage(kUnseen, seed);
  core::StageSpec spec;
  spec.name = token_stage(seed);
  spec.kind = "token-labels";
  spec.inputs = {scenes, kStage};
  spec.config = config.slice({"attention."});
  spec.config["draw"] = seed;
  spec.digests["model"] = model.digest;
  spec.work = static_cast<double>(config.get_int("scenes.unseen_images") *
                                  config.get_int("attention.looks"));
  spec.seconds_per_work = 0.011;
  spec.pace = model_pace(config, "scenes.side");
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    const fs::path part = stage.input(scenes) / "scenes";
    label_by_attention(config, part, stage.dir(), seed,
                       {model.path, stage.input(kStage) / train::kLearnedEmbeddings, kToken,
                        fmt::format("a photo of a {} on a road", kToken), device});
    const data::CocoGroundTruth truth = read_part(part).truth;
    Json summary = Json::object();
    for (const char* method : {kPublished, kFixed}) {
      summary[method] = score_labels(truth, stage.dir() / fmt::format("{}.json", method));
    }
    return summary;
  };
  return graph.add(std::move(spec));
}

void record_inversion(core::RunContext& run, const core::FinishedStages& stages,
                      core::Results& results) {
  const core::Config& config = run.config();
  const std::string off = "no word was learned (inversion.steps is 0)";
  const auto reason = [&](const std::string& stage) {
    return has_diffusion(config) && !has_inversion(config)
               ? off
               : missing_reason(run, stages, stage, true);
  };
  record_shown(config, stages, kStage, "inversion.shown", reason(kStage), results.metrics);
  record_shown(config, stages, kFruitStage, "inversion.fruit",
               has_diffusion(config) && !has_fruit_inversion(config)
                   ? "no word for a fruit was learned (inversion.fruit_steps is 0)"
                   : missing_reason(run, stages, kFruitStage, true),
               results.metrics);
  for (const std::int64_t seed : run.seeds()) {
    const std::string stage = token_stage(seed);
    for (const char* method : {kPublished, kFixed}) {
      const std::string prefix = fmt::format("inversion.token.{}.", method);
      if (stages.has(stage)) {
        add_measures(prefix, seed, stages.summary(stage).at(method), results.metrics);
      } else {
        add_measures_not_run(prefix, reason(stage), results.metrics);
      }
    }
  }
  for (const char* stage : {kStage, kFruitStage}) {
    if (!stages.has(stage)) continue;
    results.pictures.push_back({stage, stages.dir(stage) / "sheet.png",
                                "Pictures a word was learned from; pictures of the object's "
                                "ordinary name; pictures of the learned word, same seeds"});
  }
}

}  // namespace ersatz::diffugen
