#include "gan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "arms.h"
#include "core/config_checks.h"
#include "core/progress.h"
#include "generate/conditional_gan/class_samples.h"
#include "grids.h"
#include "picture_sets.h"
#include "pictures.h"
#include "train/conditional_gan_trainer.h"

namespace ersatz::clothing {
namespace {

namespace fs = std::filesystem;
using core::Json;

// For estimates of cost, before any picture is read: those of the article.
std::int64_t expected_images(const core::Config& config) {
  constexpr std::int64_t kArticles = 3068;
  if (config.get_string("data.pictures") != kScenes) return kArticles;
  return config.get_int("data.train_images") *
         static_cast<std::int64_t>(config.get_strings("data.classes").size());
}

train::TrainingRun training_run(const core::StageContext& stage, const core::Config& config,
                                const std::string& device, std::int64_t seed,
                                core::Progress& progress) {
  train::TrainingRun run;
  run.checkpoint_folder = stage.checkpoint_dir();
  run.metrics_file = stage.training_log();
  run.device = device;
  run.seed = static_cast<std::uint64_t>(seed);
  run.checkpoint_every = config.get_int("run.checkpoint_every");
  run.progress = &progress;
  return run;
}

}  // namespace

fs::path snapshot_file(const fs::path& folder, std::int64_t epochs) {
  return folder / fmt::format("generator-{:04}.safetensors", epochs);
}

std::vector<std::int64_t> snapshot_epochs(const core::Config& config) {
  std::vector<std::int64_t> epochs = core::distinct_ints(config, "gan.snapshots");
  const std::int64_t last = config.get_int("gan.epochs");
  epochs.erase(std::remove_if(epochs.begin(), epochs.end(),
                              [&](std::int64_t epoch) { return epoch < 1 || epoch > last; }),
               epochs.end());
  std::sort(epochs.begin(), epochs.end());
  return epochs;
}

std::string add_gan(core::RunContext& run, core::StageGraph& graph, const std::string& arm,
                    std::int64_t seed) {
  const core::Config& config = run.config();
  const std::string pictures = pictures_of(arm);
  core::StageSpec spec;
  spec.name = gan_stage(arm, seed);
  spec.kind = arm == kArticle ? "gan" : "gan-comparison";
  spec.inputs = {pictures};
  spec.config = arm_settings(config, arm);
  spec.config["training_seed"] = seed;
  const ArmTraining expected = arm_training(config, arm, expected_images(config));
  spec.work = static_cast<double>(expected.training.steps * expected.training.batch_size) / 64.0;
  const auto width = static_cast<double>(expected.training.network.generator_filters) / 128.0;
  spec.seconds_per_work = 0.02 + 0.2 * width * width;
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    const data::LabelledImages images = training_set(config, arm, stage.input(pictures));
    const auto all = stage.input_summary(pictures).at("training_images").get<std::int64_t>();
    const ArmTraining own = arm_training(config, arm, all);
    core::Progress progress(stage.spec().name, own.training.steps, "step");
    train::TrainingRun training = training_run(stage, config, device, seed, progress);
    training.log_every = own.steps_per_epoch;
    // Snapshots wait beside the checkpoint, too.
    train::ConditionalGanFiles files{
        stage.dir() / kGenerator, stage.dir() / "discriminator.safetensors", {}};
    const std::vector<std::int64_t> epochs =
        arm == kArticle ? snapshot_epochs(config) : std::vector<std::int64_t>();
    for (const std::int64_t epoch : epochs) {
      files.snapshots.push_back(
          {epoch * own.steps_per_epoch, snapshot_file(stage.checkpoint_dir(), epoch)});
    }
    const train::ConditionalGanResult result = train::train_conditional_gan(
        images, config.get_strings("data.classes"), own.training, training, files);
    for (const std::int64_t epoch : epochs) {
      stage.keep(snapshot_file(stage.checkpoint_dir(), epoch));
    }
    return Json{{"training_images", images.size()},
                {"steps", result.steps},
                {"steps_per_epoch", own.steps_per_epoch},
                {"discriminator_loss_real", result.discriminator_loss_real},
                {"discriminator_loss_fake", result.discriminator_loss_fake},
                {"generator_loss", result.generator_loss},
                {"collapsed", result.collapsed},
                {"images_per_second", result.images_per_second}};
  };
  return graph.add(std::move(spec));
}

std::string add_samples(core::RunContext& run, core::StageGraph& graph, const std::string& arm,
                        std::int64_t seed) {
  const core::Config& config = run.config();
  const std::string pictures = pictures_of(arm), gan = gan_stage(arm, seed);
  core::StageSpec spec;
  spec.name = samples_stage(arm, seed);
  spec.kind = "samples";
  spec.inputs = {pictures, gan};
  spec.config = config.slice({"samples.", "data.classes"});
  spec.config["sampling_seed"] = seed;
  const auto classes = config.get_strings("data.classes");
  const std::int64_t per_class = config.get_int("samples.per_class");
  spec.work = static_cast<double>(per_class * static_cast<std::int64_t>(classes.size())) +
              static_cast<double>(expected_images(config));
  spec.seconds_per_work = 1e-3;
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    generate::ClassSampleOptions options;
    options.seed = static_cast<std::uint64_t>(seed);
    options.device = device;
    const fs::path weights = stage.input(gan) / kGenerator;
    const data::LabelledImages balanced = generate::sample_classes(
        weights, generate::balanced_labels(static_cast<std::int64_t>(classes.size()), per_class),
        options);
    // Other pictures than those above.
    options.seed += 1'000'000;
    const data::LabelledImages matched = generate::sample_classes(
        weights, read_set(stage.input(pictures) / "train").labels, options);
    write_set(stage.dir() / "balanced", balanced);
    write_set(stage.dir() / "matched", matched);
    write_class_grid(stage.dir() / "samples.png", balanced, classes,
                     config.get_int("samples.shown"));
    return Json{{"balanced", balanced.size()}, {"matched", matched.size()}};
  };
  return graph.add(std::move(spec));
}

}  // namespace ersatz::clothing
