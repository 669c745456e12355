#include "training.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/file_system.h"
#include "core/progress.h"
#include "data/photos/photo_set.h"
#include "data/photos/stratified_split.h"
#include "data/scenes/scene.h"
#include "evaluate/classification.h"
#include "evaluate/classification_json.h"
#include "evaluate/diversity.h"
#include "models/classifier_file.h"
#include "models/pretrained.h"
#include "photographs.h"
#include "sets.h"
#include "train/photo_classifier_trainer.h"
#include "train/photo_evaluation.h"

namespace ersatz::fruit {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr const char* kWeights = "classifier.safetensors";
constexpr const char* kJudge = "judge";

std::string classifier_stage(const std::string& set, std::int64_t epochs, std::int64_t seed) {
  return fmt::format("classifier/{}/{}-epochs/seed-{}", set, epochs, seed);
}

// The pictures of a set as one list, from the stages that hold them.
class SetReader {
 public:
  SetReader(const core::Config& config, std::string set, std::int64_t seed)
      : classes_(config.get_strings("data.classes")),
        set_(std::move(set)),
        stages_(stages_of(config, set_, seed)),
        half_(config.get_int("hybrid.images")) {}

  const std::vector<std::string>& stages() const { return stages_; }

  data::ImageFolder list(const core::StageContext& stage) const {
    data::ImageFolder all;
    all.classes = classes_;
    for (const std::string& input : stages_) {
      const fs::path folder = stage.input(input) / (set_ == kFewShot ? "photos" : "images");
      data::ImageFolder part = data::list_image_folder(folder, classes_);
      if (set_ == kHybrid) part = data::first_of_each_class(part, half_);
      for (const fs::path& file : part.files) all.files.push_back(part.root / file);
      all.labels.insert(all.labels.end(), part.labels.begin(), part.labels.end());
    }
    return all;
  }

 private:
  std::vector<std::string> classes_;
  std::string set_;
  std::vector<std::string> stages_;
  std::int64_t half_;
};

data::PhotoPreparation training_preparation(const core::Config& config) {
  const int side = static_cast<int>(config.get_int("classifier.image_size"));
  return {side, side};
}

data::PhotoPreparation evaluation_preparation(const core::Config& config) {
  return {static_cast<int>(config.get_int("classifier.resize")),
          static_cast<int>(config.get_int("classifier.image_size"))};
}

data::Split split_of(const core::Config& config, const data::ImageFolder& pictures) {
  return data::stratified_split(pictures.labels, config.get_float("classifier.validation"),
                                static_cast<std::uint64_t>(config.get_int("classifier.split_seed")),
                                pictures.classes);
}

models::ClassifierArchitecture architecture(const core::Config& config) {
  models::ClassifierArchitecture network;
  network.name = config.get_string("classifier.network");
  network.width = config.get_int("classifier.width");
  network.small_stem = config.get_bool("classifier.small_stem");
  return network;
}

// The pretrained weights, "" for none; their digest joins the stage's key.
fs::path pretrained_weights(core::RunContext& run, core::StageSpec& spec) {
  const std::string id = run.config().get_string("classifier.weights");
  if (id.empty()) return {};
  const core::DatasetHandle& dataset = run.dataset(id);
  spec.digests[id] = dataset.digest;
  return dataset.folder / run.config().get_string("classifier.weights_file");
}

train::PhotoTraining training_of(const core::Config& config, const fs::path& pretrained,
                                 std::int64_t epochs) {
  train::PhotoTraining training;
  training.network = architecture(config);
  training.pretrained = pretrained;
  training.scaling = config.get_string("classifier.scaling");
  training.augmentation.rotation = config.get_float("classifier.rotation");
  training.augmentation.blur_sigma_min = config.get_float("classifier.blur_sigma_min");
  training.augmentation.blur_sigma_max = config.get_float("classifier.blur_sigma_max");
  training.epochs = epochs;
  training.batch_size = config.get_int("classifier.batch_size");
  training.learning_rate.base = config.get_float("classifier.learning_rate");
  return training;
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

// Who trains; by default this process alone.
struct Together {
  compute::RankGroup* ranks = nullptr;
  std::int64_t parts = 0;
};

Json train_and_describe(const core::StageContext& stage, const core::Config& config,
                        const std::string& device, std::int64_t seed, const data::PhotoSet& train,
                        const data::PhotoSet& validation, const train::PhotoTraining& training,
                        const Together& together = {}) {
  const auto batches =
      (static_cast<std::int64_t>(train.size()) + training.batch_size - 1) / training.batch_size;
  core::Progress progress(stage.spec().name, batches * training.epochs, "step");
  train::TrainingRun how = training_run(stage, config, device, seed, progress);
  how.ranks = together.ranks;
  how.parts = together.parts;
  const train::PhotoTrainingResult result =
      train::train_photo_classifier(train, validation, training, how, stage.dir() / kWeights);
  Json epochs = Json::array();
  for (const train::EpochMetrics& epoch : result.epochs) epochs.push_back(to_json(epoch));
  return {{"training_pictures", train.size()},
          {"validation_pictures", validation.size()},
          {"epochs", epochs},
          {"replaced_head", result.replaced_head},
          {"images_per_second", result.images_per_second}};
}

Json evaluate(const fs::path& weights, const data::PhotoSet& photos, const std::string& device) {
  const models::LoadedClassifier classifier = models::load_image_classifier(weights);
  train::EvaluationRun run;
  run.device = device;
  const train::PhotoEvaluation result = evaluate_photos(
      *classifier.network, photos, data::pixel_scaling(classifier.description.scaling), run);
  std::vector<int> truth(photos.images.labels.begin(), photos.images.labels.end());
  Json summary =
      evaluate::to_json(evaluate::confusion_matrix(truth, result.predictions,
                                                   static_cast<int>(photos.classes.size())),
                        photos.classes);
  summary["loss"] = result.loss;
  return summary;
}

}  // namespace

std::string score_stage(const std::string& set, std::int64_t seed) {
  return fmt::format("score/{}/seed-{}", set, seed);
}

std::string diversity_stage(const std::string& set, std::int64_t seed) {
  return fmt::format("diversity/{}/seed-{}", set, seed);
}

std::string add_classifier(core::RunContext& run, core::StageGraph& graph, const std::string& set,
                           std::int64_t epochs, std::int64_t seed) {
  const core::Config& config = run.config();
  const SetReader reader(config, set, seed);
  core::StageSpec spec;
  spec.name = classifier_stage(set, epochs, seed);
  spec.kind = "classifier";
  spec.config = config.slice({"classifier.", "data.classes"});
  spec.config.erase("classifier.epochs");
  if (set == kHybrid) spec.config.update(config.slice({"hybrid."}));
  spec.config["set"] = set;
  spec.config["epochs"] = epochs;
  spec.config["seed"] = seed;
  spec.inputs = reader.stages();
  const fs::path pretrained = pretrained_weights(run, spec);
  const std::int64_t pictures = set == kFewShot     ? config.get_int("cutouts.per_class")
                                : set == kCopyPaste ? config.get_int("copy_paste.images")
                                : set == kDiffusion ? config.get_int("diffusion.images")
                                                    : 2 * config.get_int("hybrid.images");
  spec.work = static_cast<double>(pictures * epochs) *
              static_cast<double>(config.get_strings("data.classes").size());
  spec.seconds_per_work = 0.005;
  spec.pace = fmt::format("{}, {} px, {}", config.get_string("classifier.network"),
                          config.get_int("classifier.image_size"), run.device());
  spec.collective = true;
  spec.body = [=, config = config, device = run.device(),
               together = Together{run.ranks(), run.parts()}](core::StageContext& stage) {
    const data::ImageFolder all = reader.list(stage);
    const data::Split split = split_of(config, all);
    const data::PhotoSet train =
        data::load_photos(data::select(all, split.train), training_preparation(config));
    const data::PhotoSet validation =
        data::load_photos(data::select(all, split.validation), evaluation_preparation(config));
    return train_and_describe(stage, config, device, seed, train, validation,
                              training_of(config, pretrained, epochs), together);
  };
  return graph.add(std::move(spec));
}

std::string add_score(core::RunContext& run, core::StageGraph& graph, const std::string& set,
                      std::int64_t seed) {
  const core::Config& config = run.config();
  const SetReader reader(config, set, seed);
  const PhotographReader photographs(run);
  const std::vector<std::int64_t> epochs = config.get_ints("classifier.epochs");
  core::StageSpec spec;
  spec.name = score_stage(set, seed);
  spec.kind = "score";
  spec.inputs = reader.stages();
  spec.inputs.push_back(kPhotographs);
  for (const std::int64_t count : epochs) {
    spec.inputs.push_back(classifier_stage(set, count, seed));
  }
  spec.config = config.slice({"classifier.resize"});
  spec.work = 1;
  spec.seconds_per_work = 2;
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    const data::ImageFolder all = reader.list(stage);
    const data::PhotoPreparation preparation = evaluation_preparation(config);
    const data::PhotoSet validation =
        data::load_photos(data::select(all, split_of(config, all).validation), preparation);
    // The later one when they are equal, as README.md says.
    Json best;
    std::int64_t chosen = 0;
    for (const std::int64_t count : epochs) {
      Json scores =
          evaluate(stage.input(classifier_stage(set, count, seed)) / kWeights, validation, device);
      if (chosen == 0 || scores.at("accuracy") >= best.at("accuracy")) {
        best = std::move(scores);
        chosen = count;
      }
    }
    const std::string classifier = classifier_stage(set, chosen, seed);
    const data::PhotoSet test = data::load_photos(photographs.list(stage), preparation);
    return Json{{"epochs", chosen},
                {"validation", best},
                {"test", evaluate(stage.input(classifier) / kWeights, test, device)},
                {"images_per_second", stage.input_summary(classifier).at("images_per_second")}};
  };
  return graph.add(std::move(spec));
}

std::string add_judge(core::RunContext& run, core::StageGraph& graph) {
  const core::Config& config = run.config();
  if (!config.get_string("classifier.weights").empty()) return "";
  const auto per_class = config.get_int("judge.images");
  const auto classes = config.get_strings("data.classes");
  core::StageSpec spec;
  spec.name = spec.kind = kJudge;
  spec.config = config.slice({"judge.", "classifier.", "scenes.side", "data.classes", "seed"});
  for (const char* key : {"classifier.epochs", "classifier.learning_rate"}) spec.config.erase(key);
  spec.work = static_cast<double>(per_class * config.get_int("judge.epochs")) *
              static_cast<double>(classes.size());
  spec.seconds_per_work = 0.005;
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    const auto seed = config.get_int("seed");
    // Half-way between the domains, and drawn from a seed of its own.
    data::SceneRequest request;
    request.width = request.height = static_cast<int>(config.get_int("scenes.side"));
    request.domain = 0.5;
    const auto draw = [&](std::int64_t first, std::int64_t count) {
      std::vector<std::uint8_t> labels;
      for (std::int64_t i = 0; i < count; ++i) {
        labels.push_back(static_cast<std::uint8_t>(i % static_cast<std::int64_t>(classes.size())));
      }
      return data::prepare_photos(
          classes, labels,
          [&](std::int64_t i) {
            data::SceneRequest own = request;
            own.fixed = {{"fruit", classes[labels[static_cast<std::size_t>(i)]]}};
            return data::draw_scene(own, static_cast<std::uint64_t>(seed) + 1000, first + i).image;
          },
          training_preparation(config));
    };
    const std::int64_t pictures = per_class * static_cast<std::int64_t>(classes.size());
    train::PhotoTraining training = training_of(config, {}, config.get_int("judge.epochs"));
    training.learning_rate.base = config.get_float("judge.learning_rate");
    return train_and_describe(stage, config, device, seed, draw(0, pictures),
                              draw(pictures, pictures / 4), training);
  };
  return graph.add(std::move(spec));
}

namespace {

// A stage that measures the pictures that `list` names.
std::string add_diversity_stage(core::RunContext& run, core::StageGraph& graph, std::string name,
                                std::vector<std::string> inputs, const std::string& judge,
                                std::function<data::ImageFolder(const core::StageContext&)> list) {
  const core::Config& config = run.config();
  core::StageSpec spec;
  spec.name = std::move(name);
  spec.kind = "diversity";
  spec.inputs = std::move(inputs);
  spec.config = config.slice(
      {"classifier.network", "classifier.resize", "classifier.image_size", "classifier.scaling"});
  fs::path pretrained;
  if (judge.empty()) {
    pretrained = pretrained_weights(run, spec);
  } else {
    spec.inputs.push_back(judge);
  }
  spec.work = 1;
  spec.seconds_per_work = 2;
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    std::shared_ptr<models::ImageClassifier> network;
    std::string scaling = config.get_string("classifier.scaling");
    if (judge.empty()) {
      network = models::make_image_classifier(architecture(config), 0);
      models::load_pretrained(*network, pretrained);
    } else {
      network = models::load_image_classifier(stage.input(judge) / kWeights).network;
    }
    const data::PhotoSet photos = data::load_photos(list(stage), evaluation_preparation(config));
    train::EvaluationRun evaluation;
    evaluation.device = device;
    const train::PhotoFeatures features =
        train::photo_features(*network, photos, data::pixel_scaling(scaling), evaluation);
    const evaluate::FeatureVariance variance =
        evaluate::feature_variance(features.values, features.width, photos.images.labels);
    return Json{{"within_class", variance.within_class},
                {"total", variance.total},
                {"pictures", photos.size()}};
  };
  return graph.add(std::move(spec));
}

}  // namespace

std::string add_diversity(core::RunContext& run, core::StageGraph& graph, const std::string& set,
                          std::int64_t seed, const std::string& judge) {
  const SetReader reader(run.config(), set, seed);
  return add_diversity_stage(
      run, graph, diversity_stage(set, seed), reader.stages(), judge,
      [reader](const core::StageContext& stage) { return reader.list(stage); });
}

std::string add_photograph_diversity(core::RunContext& run, core::StageGraph& graph,
                                     const std::string& judge) {
  const PhotographReader photographs(run);
  return add_diversity_stage(
      run, graph, kPhotographDiversity, {kPhotographs}, judge,
      [photographs](const core::StageContext& stage) { return photographs.list(stage); });
}

}  // namespace ersatz::fruit
