#include "measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "evaluate/classification_noise.h"
#include "photographs.h"
#include "sets.h"
#include "training.h"

namespace ersatz::fruit {
namespace {

using core::Json;

constexpr const char* kNoModel =
    "no diffusion model was given (-o diffusion.model=FOLDER of a diffusers model)";
constexpr const char* kPoints = "points";  // differences of percentages

void record_not_run(const core::Config& config, const std::string& set, const std::string& reason,
                    core::MetricTable& metrics) {
  for (const char* part : {"test", "validation"}) {
    for (const char* score : {"accuracy", "f1"}) {
      metrics.not_run(fmt::format("{}.{}.{}", set, part, score), std::nullopt, "%", reason);
    }
  }
  metrics.not_run(set + ".gap", std::nullopt, kPoints, reason);
  if (set != kFewShot) metrics.not_run(set + ".diversity", std::nullopt, "", reason);
  for (const std::string& truth : config.get_strings("data.classes")) {
    for (const std::string& taken : config.get_strings("data.classes")) {
      metrics.not_run(fmt::format("{}.confusion.{}.{}", set, truth, taken), std::nullopt, "%",
                      reason);
    }
  }
}

void record_confusion(const std::vector<std::string>& classes, const std::string& set,
                      std::int64_t seed, const Json& confusion, core::MetricTable& metrics) {
  for (std::size_t truth = 0; truth < classes.size(); ++truth) {
    std::int64_t photographs = 0;
    for (const Json& count : confusion.at(truth)) photographs += count.get<std::int64_t>();
    for (std::size_t taken = 0; taken < classes.size(); ++taken) {
      metrics.add(
          fmt::format("{}.confusion.{}.{}", set, classes[truth], classes[taken]), std::nullopt,
          seed,
          100 * confusion.at(truth).at(taken).get<double>() / static_cast<double>(photographs), "%",
          photographs);
    }
  }
}

void record_replicate(const core::Config& config, const core::FinishedStages& stages,
                      const std::string& set, std::int64_t seed, core::MetricTable& metrics) {
  const Json& score = stages.summary(score_stage(set, seed));
  double accuracy[2] = {0, 0};
  const char* parts[2] = {"test", "validation"};
  for (int i = 0; i < 2; ++i) {
    const Json& scores = score.at(parts[i]);
    accuracy[i] = 100 * scores.at("accuracy").get<double>();
    metrics.add(fmt::format("{}.{}.accuracy", set, parts[i]), std::nullopt, seed, accuracy[i], "%",
                scores.at("count").get<std::int64_t>());
    metrics.add(fmt::format("{}.{}.f1", set, parts[i]), std::nullopt, seed,
                100 * scores.at("macro_f1").get<double>(), "%");
  }
  metrics.add(set + ".gap", std::nullopt, seed, accuracy[1] - accuracy[0], kPoints);
  record_confusion(config.get_strings("data.classes"), set, seed, score.at("test").at("confusion"),
                   metrics);
  if (set == kFewShot) return;
  const std::string diversity = diversity_stage(set, seed);
  if (stages.has(diversity) && stages.has(kPhotographDiversity)) {
    metrics.add(set + ".diversity", std::nullopt, seed,
                stages.summary(diversity).at("within_class").get<double>() /
                    stages.summary(kPhotographDiversity).at("within_class").get<double>(),
                "");
  } else {
    metrics.not_run(set + ".diversity", std::nullopt, "",
                    stages.failure(diversity).value_or("its stage was not part of this run"));
  }
}

evaluate::ConfusionMatrix read_confusion(const Json& rows) {
  evaluate::ConfusionMatrix matrix(static_cast<int>(rows.size()));
  for (std::size_t truth = 0; truth < rows.size(); ++truth) {
    for (std::size_t taken = 0; taken < rows.size(); ++taken) {
      matrix.add(static_cast<int>(truth), static_cast<int>(taken),
                 rows.at(truth).at(taken).get<std::int64_t>());
    }
  }
  return matrix;
}

// Variance of a metric that was added, a proportion in %, when its items are drawn anew; 0 when it
// was not run.
double accuracy_variance(const core::MetricTable& metrics, const std::string& id) {
  const core::Metric* metric = metrics.find(id);
  if (metric == nullptr || metric->values.empty()) return 0;
  return 1e4 *
         evaluate::sampling_variance(evaluate::mean(metric->values) / 100, metric->sample_count);
}

// What the choice of photographs and generated pictures that are tested with leaves open of
// measures that are no proportions.
void record_sampling_noise(core::RunContext& run, const core::FinishedStages& stages,
                           const std::string& set, core::MetricTable& metrics) {
  double gap = 0;
  for (const char* part : {"test", "validation"}) {
    std::vector<double> variances;
    for (const std::int64_t seed : run.seeds()) {
      const std::string score = score_stage(set, seed);
      if (!stages.has(score)) continue;
      variances.push_back(1e4 * evaluate::macro_f1_sampling_variance(read_confusion(
                                    stages.summary(score).at(part).at("confusion"))));
    }
    if (variances.empty()) return;
    metrics.set_sampling_sd(fmt::format("{}.{}.f1", set, part), std::nullopt,
                            std::sqrt(evaluate::mean(variances)));
    gap += accuracy_variance(metrics, fmt::format("{}.{}.accuracy", set, part));
  }
  metrics.set_sampling_sd(set + ".gap", std::nullopt, std::sqrt(gap));
}

}  // namespace

void record_set(core::RunContext& run, const core::FinishedStages& stages, const std::string& set,
                core::MetricTable& metrics) {
  const core::Config& config = run.config();
  if (uses_diffusion(set) && !has_diffusion(config)) {
    record_not_run(config, set, kNoModel, metrics);
    return;
  }
  for (const std::int64_t seed : run.seeds()) {
    const std::string score = score_stage(set, seed);
    if (stages.has(score)) {
      record_replicate(config, stages, set, seed, metrics);
    } else {
      record_not_run(config, set,
                     stages.failure(score).value_or("its stage was not part of this run"), metrics);
    }
  }
  record_sampling_noise(run, stages, set, metrics);
}

void record_hybrid_gain(core::RunContext& run, const core::FinishedStages& stages,
                        core::MetricTable& metrics) {
  constexpr const char* kMetric = "hybrid.above_copy_paste";
  const auto accuracy = [&](const std::string& score) {
    return 100 * stages.summary(score).at("test").at("accuracy").get<double>();
  };
  for (const std::int64_t seed : run.seeds()) {
    const std::string hybrid = score_stage(kHybrid, seed), alone = score_stage(kCopyPaste, seed);
    if (stages.has(hybrid) && stages.has(alone)) {
      metrics.add(kMetric, std::nullopt, seed, accuracy(hybrid) - accuracy(alone), kPoints);
    } else {
      metrics.not_run(
          kMetric, std::nullopt, kPoints,
          has_diffusion(run.config()) ? "its stages were not part of this run" : kNoModel);
    }
  }
  const core::Metric* gain = metrics.find(kMetric);
  if (gain == nullptr || gain->values.empty()) return;
  // Both are tested with the same photographs: the sum is on the wide side, as in statistics.h.
  metrics.set_sampling_sd(
      kMetric, std::nullopt,
      std::sqrt(accuracy_variance(metrics, std::string(kHybrid) + ".test.accuracy") +
                accuracy_variance(metrics, std::string(kCopyPaste) + ".test.accuracy")));
}

void record_pictures(core::RunContext& run, const core::FinishedStages& stages,
                     core::Results& results) {
  if (!run.config().get_bool("run.pictures")) {
    results.notes.push_back(
        "Sample pictures are left out of these results, because they show photographs that may not "
        "be passed on (-o run.pictures=true shows them).");
    return;
  }
  const auto add = [&](const std::string& stage, const char* file, const char* name,
                       const std::string& caption) {
    if (stages.has(stage)) {
      results.pictures.push_back({name, stages.dir(stage) / file, caption});
    }
  };
  const std::int64_t seed = run.config().get_int("seed");
  const std::int64_t draw = cut_out_draw(run.config(), seed);
  add(kPhotographs, "samples.png", "photographs", "Photographs of the test set");
  add(few_shot_stage(draw), "samples.png", "few_shot", "The few photographs of the first draw");
  add(few_shot_stage(draw), "cutouts.png", "cut_outs", "The cut-outs made from them");
  add(copy_paste_stage(draw), "samples.png", "copy_paste", "Copy-paste");
  add(diffusion_stage(diffusion_draw(run.config(), seed)), "samples.png", "diffusion",
      "Pictures of the diffusion model");
}

void record_throughput(core::RunContext& run, const core::FinishedStages& stages,
                       core::Results& results) {
  std::vector<double> rates;
  for (const std::string& set : sets()) {
    if (set == kFewShot) continue;  // too short to tell
    for (const std::int64_t seed : run.seeds()) {
      const std::string score = score_stage(set, seed);
      if (!stages.has(score)) continue;
      rates.push_back(stages.summary(score).at("images_per_second").get<double>());
    }
  }
  if (rates.empty()) return;
  std::sort(rates.begin(), rates.end());
  results.throughput["classifier.images_per_second"] = rates[rates.size() / 2];
}

void record_notes(core::RunContext& run, core::Results& results) {
  const core::Config& config = run.config();
  if (is_drawn(config)) {
    results.data_label = "stand-in data";
    results.notes.push_back(
        "Stand-in data: the photographs are drawn. Compare the conclusions, not the numbers, with "
        "the paper's.");
  } else if (config.get_string("data.photographs") != "fruit_recognition_hussain") {
    results.data_label = "other photographs";
    results.notes.push_back(
        "The test photographs are not the paper's, which show fruit on one and the same tray.");
  }
  const std::string& weights = config.get_string("classifier.weights");
  results.notes.push_back(
      weights.empty() ? fmt::format("The classifiers ({}) are trained from scratch.",
                                    config.get_string("classifier.network"))
                      : fmt::format("The classifiers ({}) begin with the pretrained weights {}.",
                                    config.get_string("classifier.network"), weights));
  const auto replicates = static_cast<std::int64_t>(run.seeds().size());
  for (const auto& [key, what] : {std::pair{"cutouts.draws", "cut-outs"},
                                  std::pair{"diffusion.draws", "diffusion pictures"}}) {
    if (config.get_int(key) < replicates) {
      results.notes.push_back(fmt::format(
          "{} replicates share {} of the {}: intervals show little or nothing of how much one set "
          "of them differs from the next.",
          replicates,
          config.get_int(key) == 1 ? "one draw" : fmt::format("{} draws", config.get_int(key)),
          what));
    }
  }
}

}  // namespace ersatz::fruit
