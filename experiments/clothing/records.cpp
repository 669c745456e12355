#include "records.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "arms.h"
#include "core/file_system.h"
#include "gan.h"
#include "judge.h"
#include "measures.h"
#include "picture_sets.h"
#include "pictures.h"
#include "use_test.h"

namespace ersatz::clothing {
namespace {

using core::Json;

constexpr std::int64_t kMostPoints = 50;

std::vector<std::int64_t> seeds_of(core::RunContext& run, const std::string& arm) {
  return arm == kArticle ? article_seeds(run.config(), run.seeds()) : run.seeds();
}

std::string why_not(const core::FinishedStages& stages, const std::string& stage) {
  return stages.failure(stage).value_or("its stage was not part of this run");
}

// <prefix>.recognised and .recognised.<class> from a confusion matrix.
void record_recognised(const std::vector<std::string>& classes, const Json& agreement,
                       const std::string& prefix, std::int64_t seed, core::MetricTable& metrics) {
  metrics.add(prefix + ".recognised", std::nullopt, seed,
              100 * agreement.at("accuracy").get<double>(), "%",
              agreement.at("count").get<std::int64_t>());
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const Json& own = agreement.at("per_class").at(k);
    metrics.add(fmt::format("{}.recognised.{}", prefix, classes[k]), std::nullopt, seed,
                100 * own.at("recall").get<double>(), "%", own.at("support").get<std::int64_t>());
  }
}

void record_distances(const Json& summary, const std::string& prefix, std::int64_t seed,
                      core::MetricTable& metrics) {
  for (const char* name : {"frechet", "kernel", "diversity"}) {
    metrics.add(fmt::format("{}.{}", prefix, name), std::nullopt, seed,
                summary.at(name).get<double>(), "");
  }
}

// What record_arm would record.
void record_missing(const std::vector<std::string>& classes, const std::string& prefix,
                    const std::string& reason, core::MetricTable& metrics) {
  metrics.not_run(prefix + ".recognised", std::nullopt, "%", reason);
  for (const std::string& name : classes) {
    metrics.not_run(fmt::format("{}.recognised.{}", prefix, name), std::nullopt, "%", reason);
  }
  for (const char* name : {"frechet", "kernel", "diversity", "nearest_ratio"}) {
    metrics.not_run(fmt::format("{}.{}", prefix, name), std::nullopt, "", reason);
  }
  metrics.not_run(prefix + ".near", std::nullopt, "%", reason);
}

void record_accuracy(core::RunContext& run, const core::FinishedStages& stages,
                     const std::string& metric, std::optional<double> point, const TrainingMix& mix,
                     core::MetricTable& metrics) {
  for (const std::int64_t seed : run.seeds()) {
    const std::string stage = use_test_stage(mix, seed);
    if (!stages.has(stage)) {
      metrics.not_run(metric, point, "%", why_not(stages, stage));
      continue;
    }
    const Json& summary = stages.summary(stage);
    metrics.add(metric, point, seed, 100 * summary.at("accuracy").get<double>(), "%",
                summary.at("count").get<std::int64_t>());
  }
}

}  // namespace

void record_left_out(core::RunContext& run, core::MetricTable& metrics) {
  for (const std::string& arm : arms_left_out(run.config())) {
    const std::string reason = fmt::format(
        "'{}' is not among the trainings of this profile (setting comparison.arms)", arm);
    const std::string prefix = fmt::format("comparison.{}", arm);
    record_missing(run.config().get_strings("data.classes"), prefix, reason, metrics);
    metrics.not_run(prefix + ".use_accuracy", std::nullopt, "%", reason);
    if (arm != kHalfData) continue;
    metrics.not_run("use.share.real.accuracy", std::nullopt, "%", reason);
    metrics.not_run("use.share.real_generated.accuracy", std::nullopt, "%", reason);
  }
}

void record_arm(core::RunContext& run, const core::FinishedStages& stages, const std::string& arm,
                const std::string& prefix, core::MetricTable& metrics) {
  const auto classes = run.config().get_strings("data.classes");
  for (const std::int64_t seed : seeds_of(run, arm)) {
    const std::string stage = measures_stage(arm, seed);
    if (!stages.has(stage)) {
      record_missing(classes, prefix, why_not(stages, stage), metrics);
      continue;
    }
    const Json& summary = stages.summary(stage);
    record_recognised(classes, summary.at("recognised"), prefix, seed, metrics);
    record_distances(summary, prefix, seed, metrics);
    const Json& nearest = summary.at("nearest");
    const auto count = nearest.at("count").get<std::int64_t>();
    metrics.add(prefix + ".nearest_ratio", std::nullopt, seed, nearest.at("ratio").get<double>(),
                "");
    metrics.add(prefix + ".near", std::nullopt, seed,
                100 * nearest.at("near").get<double>() / static_cast<double>(count), "%", count);
  }
}

void record_confusion(core::RunContext& run, const core::FinishedStages& stages,
                      core::MetricTable& metrics) {
  const auto classes = run.config().get_strings("data.classes");
  for (const std::int64_t seed : seeds_of(run, kArticle)) {
    const std::string stage = measures_stage(kArticle, seed);
    for (std::size_t asked = 0; asked < classes.size(); ++asked) {
      for (std::size_t taken = 0; taken < classes.size(); ++taken) {
        const std::string id =
            fmt::format("article.confusion.{}.{}", classes[asked], classes[taken]);
        if (!stages.has(stage)) {
          metrics.not_run(id, std::nullopt, "%", why_not(stages, stage));
          continue;
        }
        const Json& recognised = stages.summary(stage).at("recognised");
        const auto support = recognised.at("per_class").at(asked).at("support").get<std::int64_t>();
        metrics.add(id, std::nullopt, seed,
                    100 * recognised.at("confusion").at(asked).at(taken).get<double>() /
                        static_cast<double>(support),
                    "%", support);
      }
    }
  }
}

void record_real(core::RunContext& run, const core::FinishedStages& stages,
                 core::MetricTable& metrics) {
  const core::Config& config = run.config();
  const std::int64_t seed = config.get_int("seed");
  const auto record = [&](const std::string& pictures, const char* kind, const char* prefix) {
    const std::string measured = real_measures_stage(pictures);
    if (!stages.has(measured) || !stages.has(kJudge) || !stages.summary(kJudge).contains(kind)) {
      const std::vector<std::string> left_out = arms_left_out(config);
      const bool unwanted =
          pictures == kForegroundPictures &&
          std::find(left_out.begin(), left_out.end(), kForeground) != left_out.end();
      const std::string reason = unwanted
                                     ? "this profile has no training on pictures without background"
                                     : why_not(stages, measured);
      metrics.not_run(std::string(prefix) + ".recognised", std::nullopt, "%", reason);
      for (const char* name : {"frechet", "kernel", "diversity"}) {
        metrics.not_run(fmt::format("{}.{}", prefix, name), std::nullopt, "", reason);
      }
      return;
    }
    record_recognised(config.get_strings("data.classes"), stages.summary(kJudge).at(kind), prefix,
                      seed, metrics);
    record_distances(stages.summary(measured), prefix, seed, metrics);
  };
  record(kOriginal, "original", "real_test");
  record(kForegroundPictures, "foreground", "real_test_foreground");
}

void record_progress(core::RunContext& run, const core::FinishedStages& stages,
                     core::MetricTable& metrics) {
  for (const std::int64_t seed : seeds_of(run, kArticle)) {
    const std::string stage = progress_stage(seed);
    if (!stages.has(stage)) {
      for (const std::int64_t epoch : snapshot_epochs(run.config())) {
        const auto x = static_cast<double>(epoch);
        metrics.not_run("progress.recognised", x, "%", why_not(stages, stage));
        metrics.not_run("progress.frechet", x, "", why_not(stages, stage));
        metrics.not_run("progress.kernel", x, "", why_not(stages, stage));
      }
      continue;
    }
    for (const Json& snapshot : stages.summary(stage).at("snapshots")) {
      const auto x = snapshot.at("epoch").get<double>();
      const Json& recognised = snapshot.at("recognised");
      metrics.add("progress.recognised", x, seed, 100 * recognised.at("macro_recall").get<double>(),
                  "%", recognised.at("count").get<std::int64_t>());
      metrics.add("progress.frechet", x, seed, snapshot.at("frechet").get<double>(), "");
      metrics.add("progress.kernel", x, seed, snapshot.at("kernel").get<double>(), "");
    }
  }
}

void record_training_curves(core::RunContext& run, const core::FinishedStages& stages,
                            core::MetricTable& metrics) {
  const std::int64_t epochs = run.config().get_int("gan.epochs");
  const std::int64_t every = (epochs + kMostPoints - 1) / kMostPoints;
  for (const std::int64_t seed : seeds_of(run, kArticle)) {
    const std::string stage = gan_stage(kArticle, seed);
    if (!stages.has(stage)) continue;
    const auto per_epoch = stages.summary(stage).at("steps_per_epoch").get<std::int64_t>();
    std::istringstream log(core::read_file(stages.dir(stage) / core::kTrainingLog));
    for (std::string text; std::getline(log, text);) {
      const Json line = core::parse_json(text, stages.dir(stage) / core::kTrainingLog);
      const std::int64_t epoch = line.at("step").get<std::int64_t>() / per_epoch;
      if (epoch < 1 || (epoch % every != 0 && epoch != 1)) continue;
      const auto x = static_cast<double>(epoch);
      for (const char* loss :
           {"discriminator_loss_real", "discriminator_loss_fake", "generator_loss"}) {
        metrics.add(fmt::format("training.{}", loss), x, seed, line.at(loss).get<double>(), "");
      }
      for (const char* accuracy : {"discriminator_accuracy_real", "discriminator_accuracy_fake"}) {
        metrics.add(fmt::format("training.{}", accuracy), x, seed,
                    100 * line.at(accuracy).get<double>(), "%");
      }
      metrics.add("training.relative_variety", x, seed, line.at("relative_variety").get<double>(),
                  "");
    }
  }
}

void record_use_test(core::RunContext& run, const core::FinishedStages& stages,
                     core::MetricTable& metrics) {
  const core::Config& config = run.config();
  for (const std::int64_t size : real_sizes(config)) {
    if (size == kAllImages && !stages.has(kOriginal)) continue;  // how many is not known
    const auto point = static_cast<double>(
        size != kAllImages ? size
                           : stages.summary(kOriginal).at("training_images").get<std::int64_t>());
    record_accuracy(run, stages, "use.real.accuracy", point, {size, false, kArticle}, metrics);
    record_accuracy(run, stages, "use.real_generated.accuracy", point, {size, true, kArticle},
                    metrics);
  }
  record_accuracy(run, stages, "use.generated.accuracy", std::nullopt, {-1, true, kArticle},
                  metrics);
  for (const std::string& arm : comparison_arms(config)) {
    record_accuracy(run, stages, fmt::format("comparison.{}.use_accuracy", arm), std::nullopt,
                    {-1, true, arm}, metrics);
    if (arm != kHalfData) continue;
    record_accuracy(run, stages, "use.share.real.accuracy", std::nullopt, {-1, false, arm, true},
                    metrics);
    record_accuracy(run, stages, "use.share.real_generated.accuracy", std::nullopt,
                    {-1, true, arm, true}, metrics);
  }
}

void record_pictures(core::RunContext& run, const core::FinishedStages& stages,
                     core::Results& results) {
  const core::Config& config = run.config();
  const std::int64_t seed = config.get_int("seed");
  const bool real = config.get_bool("run.real_pictures");
  const auto add = [&](const std::string& stage, const char* file, const std::string& name,
                       const std::string& caption) {
    if (stages.has(stage)) {
      results.pictures.push_back({name, stages.dir(stage) / file, caption});
    }
  };
  if (real) {
    add(kOriginal, "samples.png", "real", "Training pictures as the article prepares them");
  }
  add(samples_stage(kArticle, seed), "samples.png", "generated",
      "Generated pictures: the classes they were asked for on the left");
  if (real) {
    add(measures_stage(kArticle, seed), "nearest.png", "nearest",
        "Generated pictures, and below each the training picture that is nearest to it");
    add(kForegroundPictures, "samples.png", "real_foreground",
        "Training pictures after GrabCut has taken the background away");
  }
  for (const std::string& arm : comparison_arms(config)) {
    add(samples_stage(arm, seed), "samples.png", fmt::format("generated_{}", arm),
        fmt::format("Comparison: generated pictures of '{}'", arm));
  }
  if (!real) {
    results.notes.push_back(
        "Sheets of real pictures are left out of these results (-o run.real_pictures=true shows "
        "them).");
  }
}

void record_throughput(core::RunContext& run, const core::FinishedStages& stages,
                       core::Results& results) {
  const std::string gan = gan_stage(kArticle, run.config().get_int("seed"));
  if (stages.has(gan)) {
    results.throughput["gan.images_per_second"] =
        stages.summary(gan).at("images_per_second").get<double>();
  }
}

void record_notes(core::RunContext& run, const core::FinishedStages& stages,
                  core::Results& results) {
  const core::Config& config = run.config();
  if (config.get_string("data.pictures") == kScenes) {
    results.data_label = "stand-in data";
    results.notes.push_back(
        "Stand-in data: the garments are drawn. Compare the conclusions, not the numbers, with "
        "those on photographs.");
  }
  for (const char* pictures : {kOriginal, kForegroundPictures}) {
    if (!stages.has(pictures)) continue;
    const Json& summary = stages.summary(pictures);
    for (const Json& file : summary.at("refused")) {
      results.notes.push_back(fmt::format("{}: {} could not be read and was left out.", pictures,
                                          file.get<std::string>()));
    }
    const auto without = summary.at("without_foreground").get<std::int64_t>();
    if (without > 0) {
      results.notes.push_back(fmt::format(
          "GrabCut found no foreground in {} of {} pictures; they are as they were.", without,
          summary.at("training_images").get<std::int64_t>() +
              summary.at("test_images").get<std::int64_t>()));
    }
  }
  std::vector<std::string> arms = comparison_arms(config);
  arms.emplace_back(kArticle);
  for (const std::string& arm : arms) {
    for (const std::int64_t seed : seeds_of(run, arm)) {
      const std::string gan = gan_stage(arm, seed);
      if (stages.has(gan) && stages.summary(gan).at("collapsed").get<bool>()) {
        results.notes.push_back(fmt::format(
            "The generator of '{}', seed {}, collapsed at some time of its training.", arm, seed));
      }
    }
  }
  const auto trainings = static_cast<std::int64_t>(seeds_of(run, kArticle).size());
  if (trainings < static_cast<std::int64_t>(run.seeds().size())) {
    results.notes.push_back(fmt::format(
        "The article's GAN was trained {}; {} classifiers of the use test share it: their "
        "intervals show nothing of how much one GAN differs from the next.",
        trainings == 1 ? "once" : fmt::format("{} times", trainings), run.seeds().size()));
  }
}

}  // namespace ersatz::clothing
