#include "use_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "arms.h"
#include "core/config_checks.h"
#include "core/error.h"
#include "core/progress.h"
#include "judge.h"
#include "picture_sets.h"
#include "train/classifier_evaluation.h"

namespace ersatz::clothing {
namespace {

using core::Json;

// Which generator of the arm a replicate uses.
std::int64_t generator_seed(const core::Config& config, const std::string& arm, std::int64_t seed) {
  return arm == kArticle ? article_seed(config, seed) : seed;
}

data::LabelledImages real_part(const core::Config& config, const TrainingMix& mix,
                               const std::filesystem::path& pictures, std::int64_t seed) {
  if (mix.share_of_arm) return training_set(config, mix.arm, pictures);
  if (mix.real_images < 0) return {};
  const data::LabelledImages all = read_set(pictures / "train");
  if (mix.real_images == kAllImages) return all;
  return draw_pictures(all, mix.real_images, static_cast<std::uint64_t>(seed),
                       config.get_strings("data.classes"));
}

std::string name_of(const TrainingMix& mix) {
  std::string real = mix.share_of_arm                ? "share"
                     : mix.real_images < 0           ? ""
                     : mix.real_images == kAllImages ? "all"
                                                     : std::to_string(mix.real_images);
  if (!mix.generated) return real;
  return real.empty() ? "generated" : real + "+generated";
}

}  // namespace

std::vector<std::int64_t> real_sizes(const core::Config& config) {
  std::vector<std::int64_t> sizes = core::distinct_ints(config, "use_test.real_images");
  std::sort(sizes.begin(), sizes.end());
  if (!sizes.empty() && sizes.front() < 1) {
    throw core::Error::usage("use_test.real_images must be 1 or more");
  }
  sizes.push_back(kAllImages);
  return sizes;
}

std::string use_test_stage(const TrainingMix& mix, std::int64_t seed) {
  return fmt::format("use/{}/{}/seed-{}", mix.arm, name_of(mix), seed);
}

std::string add_use_test(core::RunContext& run, core::StageGraph& graph, const TrainingMix& mix,
                         std::int64_t seed) {
  const core::Config& config = run.config();
  const std::string pictures = pictures_of(mix.arm);
  const std::string samples = samples_stage(mix.arm, generator_seed(config, mix.arm, seed));
  core::StageSpec spec;
  spec.name = use_test_stage(mix, seed);
  spec.kind = "use-test";
  spec.inputs = {pictures};
  if (mix.generated) spec.inputs.push_back(samples);
  spec.config = config.slice({"classifier.", "data.classes"});
  spec.config["mix"] = name_of(mix);
  spec.config["training_seed"] = seed;
  if (mix.share_of_arm) spec.config.update(config.slice({"comparison.share", "seed"}));
  const train::ClassifierTraining training = classifier_training(config, "classifier");
  spec.work = static_cast<double>(training.steps);
  spec.seconds_per_work = 0.01;
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    data::LabelledImages images = real_part(config, mix, stage.input(pictures), seed);
    const auto real_images = static_cast<std::int64_t>(images.size());
    if (mix.generated) {
      images = data::concatenate(images, read_set(stage.input(samples) / "balanced"));
    }
    core::Progress progress(stage.spec().name, training.steps, "step");
    train::TrainingRun own;
    own.checkpoint_folder = stage.checkpoint_dir();
    own.device = device;
    own.seed = static_cast<std::uint64_t>(seed);
    own.checkpoint_every = config.get_int("run.checkpoint_every");
    own.progress = &progress;
    const std::filesystem::path weights = stage.dir() / "classifier.safetensors";
    const train::ClassifierTrainingResult result =
        train::train_classifier(images, training, own, weights);
    const data::LabelledImages test = read_set(stage.input(pictures) / "test");
    const std::vector<std::uint8_t> classes = train::classify(weights, test, device);
    Json summary =
        agreement(test, {classes.begin(), classes.end()}, config.get_strings("data.classes"));
    summary["real_images"] = real_images;
    summary["training_images"] = images.size();
    summary["images_per_second"] = result.images_per_second;
    return summary;
  };
  return graph.add(std::move(spec));
}

}  // namespace ersatz::clothing
