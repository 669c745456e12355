#include "judge.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "arms.h"
#include "core/progress.h"
#include "evaluate/classification.h"
#include "evaluate/classification_json.h"
#include "picture_sets.h"
#include "train/classifier_evaluation.h"

namespace ersatz::clothing {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr const char* kWeights = "classifier.safetensors";

std::vector<int> predictions_of(const fs::path& weights, const data::LabelledImages& images,
                                const std::string& device) {
  const std::vector<std::uint8_t> classes = train::classify(weights, images, device);
  return {classes.begin(), classes.end()};
}

}  // namespace

Json agreement(const data::LabelledImages& images, const std::vector<int>& predictions,
               const std::vector<std::string>& classes) {
  const std::vector<int> truth(images.labels.begin(), images.labels.end());
  return evaluate::to_json(
      evaluate::confusion_matrix(truth, predictions, static_cast<int>(classes.size())), classes);
}

std::string add_judge(core::RunContext& run, core::StageGraph& graph,
                      const std::vector<std::string>& pictures) {
  const core::Config& config = run.config();
  core::StageSpec spec;
  spec.name = spec.kind = kJudge;
  spec.inputs = pictures;
  spec.config = config.slice({"judge.", "data.classes", "seed"});
  const train::ClassifierTraining training = classifier_training(config, "judge");
  spec.work = static_cast<double>(training.steps);
  spec.seconds_per_work = 0.03;
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    const auto classes = config.get_strings("data.classes");
    const std::int64_t seed = config.get_int("seed");
    data::LabelledImages images;
    for (const std::string& set : pictures) {
      const data::LabelledImages real = read_set(stage.input(set) / "train");
      images = data::concatenate(images, real);
      if (config.get_bool("judge.mirrored")) {
        images = data::concatenate(images, data::mirrored(real));
      }
    }
    core::Progress progress(kJudge, training.steps, "step");
    train::TrainingRun own;
    own.checkpoint_folder = stage.checkpoint_dir();
    own.device = device;
    own.seed = static_cast<std::uint64_t>(seed);
    own.checkpoint_every = config.get_int("run.checkpoint_every");
    own.progress = &progress;
    const fs::path weights = stage.dir() / kWeights;
    const train::ClassifierTrainingResult result =
        train::train_classifier(images, training, own, weights);
    Json summary = {{"training_images", images.size()}, {"loss", result.loss}};
    for (const std::string& set : pictures) {
      const data::LabelledImages test = read_set(stage.input(set) / "test");
      summary[fs::path(set).filename().string()] =
          agreement(test, predictions_of(weights, test, device), classes);
    }
    return summary;
  };
  return graph.add(std::move(spec));
}

Judged judge_pictures(const core::StageContext& stage, const data::LabelledImages& images,
                      const std::string& device) {
  const fs::path weights = stage.input(kJudge) / kWeights;
  Judged judged;
  judged.predictions = predictions_of(weights, images, device);
  train::ClassifierFeatures features = train::classifier_features(weights, images, device);
  judged.width = features.width;
  judged.features = std::move(features.values);
  return judged;
}

}  // namespace ersatz::clothing
