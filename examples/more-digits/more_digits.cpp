// Learning curves: does a classifier make fewer mistakes the more digits it was trained on?
//
// Stages: the digits; per size and seed a classifier; its mistakes on digits it has not seen.
#include <fmt/format.h>

#include <string>

#include "core/config_checks.h"
#include "core/error.h"
#include "core/experiment.h"
#include "core/progress.h"
#include "data/digits/stroke_digits.h"
#include "data/idx.h"
#include "data/labelled_images.h"
#include "train/classifier_evaluation.h"
#include "train/classifier_trainer.h"

namespace ersatz::more_digits {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr const char* kDigits = "digits";
constexpr const char* kWeights = "classifier.safetensors";

void write_set(const fs::path& folder, const std::string& name, const data::LabelledImages& set) {
  data::write_idx(set, folder / (name + "-images.idx"), folder / (name + "-labels.idx"));
}

data::LabelledImages read_set(const fs::path& folder, const std::string& name) {
  return data::read_idx(folder / (name + "-images.idx"), folder / (name + "-labels.idx"));
}

std::string classifier_stage(std::int64_t size, std::int64_t seed) {
  return fmt::format("classifier/{}/seed-{}", size, seed);
}

std::string score_stage(std::int64_t size, std::int64_t seed) {
  return fmt::format("score/{}/seed-{}", size, seed);
}

// A stage says what its output depends on: these settings and no others. Change one of them, and it
// runs again; change any other, and it is reused.
void add_digits(core::RunContext& run, core::StageGraph& graph) {
  const core::Config& config = run.config();
  const std::int64_t train = config.get_int("data.train_images");
  const std::int64_t test = config.get_int("data.test_images");
  const auto seed = static_cast<std::uint64_t>(config.get_int("seed"));
  core::StageSpec spec;
  spec.name = spec.kind = kDigits;
  spec.numeric = false;  // nothing here depends on libtorch's arithmetic
  spec.config = config.slice({"data.train_images", "data.test_images", "seed"});
  spec.work = static_cast<double>(train + test);
  spec.seconds_per_work = 5e-5;
  spec.body = [=](core::StageContext& stage) {
    write_set(stage.dir(), "train", data::draw_stroke_digits(train, seed));
    // Test digits continue the numbering: no digit is in both sets.
    write_set(stage.dir(), "test", data::draw_stroke_digits(test, seed, train));
    return Json{{"train_images", train}, {"test_images", test}};
  };
  graph.add(std::move(spec));
}

train::ClassifierTraining training_of(const core::Config& config) {
  train::ClassifierTraining training;
  training.network.conv1_filters = config.get_int("classifier.conv1_filters");
  training.network.conv2_filters = config.get_int("classifier.conv2_filters");
  training.network.hidden_units = config.get_int("classifier.hidden_units");
  training.steps = config.get_int("classifier.steps");
  training.batch_size = config.get_int("classifier.batch_size");
  training.learning_rate.base = config.get_float("classifier.learning_rate");
  return training;
}

void add_classifier(core::RunContext& run, core::StageGraph& graph, std::int64_t size,
                    std::int64_t seed) {
  const train::ClassifierTraining training = training_of(run.config());
  core::StageSpec spec;
  spec.name = classifier_stage(size, seed);
  spec.kind = "classifier";
  spec.inputs = {kDigits};
  spec.config = run.config().slice({"classifier."});
  spec.config["size"] = size;
  spec.config["training_seed"] = seed;
  spec.work = static_cast<double>(training.steps);
  spec.seconds_per_work = 0.02;
  spec.body = [=, device = run.device()](core::StageContext& stage) {
    core::Progress progress(stage.spec().name, training.steps, "step");
    train::TrainingRun how;
    how.checkpoint_folder = stage.checkpoint_dir();
    how.metrics_file = stage.training_log();
    how.device = device;
    how.seed = static_cast<std::uint64_t>(seed);
    how.progress = &progress;
    const data::LabelledImages digits =
        data::slice(read_set(stage.input(kDigits), "train"), 0, static_cast<std::size_t>(size));
    const auto result = train::train_classifier(digits, training, how, stage.dir() / kWeights);
    return Json{{"loss", result.loss}};
  };
  graph.add(std::move(spec));
}

void add_score(core::RunContext& run, core::StageGraph& graph, std::int64_t size,
               std::int64_t seed) {
  const std::string classifier = classifier_stage(size, seed);
  core::StageSpec spec;
  spec.name = score_stage(size, seed);
  spec.kind = "score";
  spec.inputs = {kDigits, classifier};
  spec.work = 1;
  spec.seconds_per_work = 1;
  spec.body = [=, device = run.device()](core::StageContext& stage) {
    const data::LabelledImages test = read_set(stage.input(kDigits), "test");
    const auto predictions = train::classify(stage.input(classifier) / kWeights, test, device);
    return Json{{"error", train::error_percent(predictions, test.labels)}, {"images", test.size()}};
  };
  graph.add(std::move(spec));
}

// What the experiment cannot compute with is refused while the plan is made.
void declare(core::RunContext& run, core::StageGraph& graph) {
  add_digits(run, graph);
  const std::int64_t most = run.config().get_int("data.train_images");
  for (const std::int64_t size : core::distinct_ints(run.config(), "sweep.sizes")) {
    if (size < 1 || size > most) {
      throw core::Error::usage(
          fmt::format("sweep.sizes has {}; there are {} training digits", size, most),
          "data.train_images says how many are drawn");
    }
    for (const std::int64_t seed : run.seeds()) {
      add_classifier(run, graph, size, seed);
      add_score(run, graph, size, seed);
    }
  }
}

// From what the stages found to metrics. A cell that was not run says why; it is never a number.
void summarise(core::RunContext& run, const core::FinishedStages& stages, core::Results& results) {
  for (const std::int64_t size : run.config().get_ints("sweep.sizes")) {
    const auto point = static_cast<double>(size);
    for (const std::int64_t seed : run.seeds()) {
      const std::string name = score_stage(size, seed);
      if (!stages.has(name)) {
        results.metrics.not_run("error", point, "%",
                                stages.failure(name).value_or("not part of this run"));
        continue;
      }
      const Json& score = stages.summary(name);
      results.metrics.add("error", point, seed, score.at("error").get<double>(), "%",
                          score.at("images").get<std::int64_t>());
    }
  }
  results.data_label = "stand-in data";
  results.notes.push_back("The digits are drawn by a program, not written by people.");
}

}  // namespace
}  // namespace ersatz::more_digits

ERSATZ_EXPERIMENT("more-digits", ersatz::more_digits::declare, ersatz::more_digits::summarise);
