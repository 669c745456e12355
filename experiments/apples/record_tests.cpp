#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "detectors.h"
#include "names.h"
#include "records.h"

namespace ersatz::apples {
namespace {

using core::Json;

struct Measure {
  const char* id;
  const char* coco;
};
constexpr std::array<Measure, 6> kMeasures = {{{"ap", "AP"},
                                               {"ap50", "AP50"},
                                               {"ap75", "AP75"},
                                               {"ap_small", "APs"},
                                               {"ap_medium", "APm"},
                                               {"ap_large", "APl"}}};
constexpr std::size_t kResampled = 3;  // of them
constexpr const char* kUntried = "this family was not part of the run (detectors.families)";

void record_scores(const std::string& prefix, std::optional<double> point, std::int64_t seed,
                   const Json& coco, core::MetricTable& metrics) {
  for (const Measure& measure : kMeasures) {
    const auto value = coco.at(measure.coco).get<double>();
    if (value >= 0) {
      metrics.add(prefix + measure.id, point, seed, value, "");
    } else {
      metrics.not_run(prefix + measure.id, point, "", "no test picture has an apple of that size");
    }
  }
}

void scores_not_run(const std::string& prefix, std::optional<double> point,
                    const std::string& reason, core::MetricTable& metrics) {
  for (const Measure& measure : kMeasures) metrics.not_run(prefix + measure.id, point, "", reason);
}

// Of a metric that was measured; `estimates`: what gaps/<family> says of an arm.
void record_noise(const std::string& prefix, std::optional<double> point, const Json& estimates,
                  core::MetricTable& metrics) {
  for (std::size_t m = 0; m < kResampled; ++m) {
    const std::string id = prefix + kMeasures[m].id;
    const core::Metric* metric = metrics.find(id, point);
    if (metric == nullptr || metric->values.empty()) continue;
    metrics.set_sampling_sd(id, point, estimates.at(kMeasures[m].coco).at("sd").get<double>());
  }
}

class Recorder {
 public:
  Recorder(core::RunContext& run, const core::FinishedStages& stages, const LabelChoice& labels,
           core::MetricTable& metrics)
      : run_(run), stages_(stages), labels_(labels), metrics_(metrics) {}

  void record(const std::string& family) {
    const std::int64_t seeds = run_.config().get_int(family + ".seeds");
    for (const std::string& arm : arms()) {
      for (const std::int64_t seed : run_.seeds()) {
        if (seed - run_.seeds().front() >= seeds) break;
        record_arm(family, arm, seed);
      }
      const Json* noise = estimates(family, "scores", arm);
      if (noise != nullptr) {
        record_noise(fmt::format("test.{}.{}.", family, arm), std::nullopt, *noise, metrics_);
      }
      if (arm == kRealArm) continue;
      const std::string prefix = fmt::format("gap.{}.{}.", family, arm);
      noise = estimates(family, "gaps", arm);
      for (const char* end : {"low", "high"}) {
        const std::string id = fmt::format("{}ap_{}", prefix, end);
        if (const std::string why = unlearned(family, run_.seeds().front()); !why.empty()) {
          metrics_.not_run(id, std::nullopt, "", why);
        } else if (noise != nullptr) {
          metrics_.add(id, std::nullopt, run_.seeds().front(),
                       noise->at("AP").at(end).get<double>(), "");
        } else {
          metrics_.not_run(id, std::nullopt, "", reason(family, {arm, 0}, run_.seeds().front()));
        }
      }
      if (noise != nullptr) record_noise(prefix, std::nullopt, *noise, metrics_);
    }
  }

  void record_curve() {
    const core::Config& config = run_.config();
    const std::string& family = config.get_string("curve.family");
    const auto all = config.get_int("pictures.count");
    std::vector<std::pair<Lesson, std::int64_t>> points;
    for (const Lesson& lesson : curve_lessons(config))
      points.emplace_back(lesson, lesson.generated);
    points.emplace_back(Lesson{kGeneratedArm, 0}, all);
    for (const auto& [lesson, count] : points) {
      const auto at = static_cast<double>(count);
      for (const std::int64_t seed : run_.seeds()) {
        const std::string stage = test_stage(family, lesson, seed);
        const std::string baseline = test_stage(family, {kRealArm, 0}, seed);
        if (tested(stage)) {
          record_scores("curve.generated.", at, seed, stages_.summary(stage).at("coco"), metrics_);
        }
        if (tested(baseline)) {
          record_scores("curve.real.", at, seed, stages_.summary(baseline).at("coco"), metrics_);
        }
      }
      // No effect where a seed was measured.
      const std::int64_t first = run_.seeds().front();
      scores_not_run("curve.generated.", at, reason(family, lesson, first), metrics_);
      scores_not_run("curve.real.", at, reason(family, {kRealArm, 0}, first), metrics_);
      const Json* noise = estimates(family, "scores", lesson.name());
      if (noise != nullptr) record_noise("curve.generated.", at, *noise, metrics_);
      noise = estimates(family, "scores", kRealArm);
      if (noise != nullptr) record_noise("curve.real.", at, *noise, metrics_);
    }
  }

  void record_labeller() {
    const std::string prefix = "test.labeller.";
    if (tested(kLabellerTestStage)) {
      record_scores(prefix, std::nullopt, run_.config().get_int("seed"),
                    stages_.summary(kLabellerTestStage).at("coco"), metrics_);
    } else {
      scores_not_run(prefix, std::nullopt,
                     missing_reason(run_, stages_, labels_, kLabellerTestStage, kRealArm),
                     metrics_);
    }
  }

 private:
  bool tested(const std::string& stage) const {
    return stages_.has(stage) && stages_.summary(stage).contains("coco");
  }

  std::string reason(const std::string& family, const Lesson& lesson, std::int64_t seed) const {
    return missing_reason(run_, stages_, labels_, test_stage(family, lesson, seed), lesson.arm);
  }

  const Json* estimates(const std::string& family, const char* what,
                        const std::string& lesson) const {
    const std::string stage = gaps_stage(family);
    if (!stages_.has(stage)) return nullptr;
    const Json& all = stages_.summary(stage).at(what);
    return all.contains(lesson) ? &all.at(lesson) : nullptr;
  }

  // Why there is no gap: one to a baseline that finds next to nothing would say nothing.
  std::string unlearned(const std::string& family, std::int64_t seed) const {
    const std::string baseline = test_stage(family, {kRealArm, 0}, seed);
    if (!tested(baseline)) return "";
    const auto found = stages_.summary(baseline).at("coco").at("AP50").get<double>();
    const double least = run_.config().get_float("gap.least_baseline");
    if (found >= least) return "";
    return fmt::format(
        "the baseline has not learned: AP50 {:.3f}, less than {:g} (gap.least_baseline)", found,
        least);
  }

  void record_arm(const std::string& family, const std::string& arm, std::int64_t seed) {
    const std::string stage = test_stage(family, {arm, 0}, seed);
    const std::string baseline = test_stage(family, {kRealArm, 0}, seed);
    const std::string prefix = fmt::format("test.{}.{}.", family, arm);
    const std::string precision = fmt::format("precision.{}.{}", family, arm);
    if (tested(stage)) {
      const Json& summary = stages_.summary(stage);
      record_scores(prefix, std::nullopt, seed, summary.at("coco"), metrics_);
      for (std::size_t r = 0; r < kRecallSteps; ++r) {
        metrics_.add(precision, static_cast<double>(r) / (kRecallSteps - 1), seed,
                     summary.at("precision")[r].get<double>(), "");
      }
    } else {
      scores_not_run(prefix, std::nullopt, reason(family, {arm, 0}, seed), metrics_);
    }
    if (arm == kRealArm) return;
    for (std::size_t m = 0; m < kResampled; ++m) {
      const std::string id = fmt::format("gap.{}.{}.{}", family, arm, kMeasures[m].id);
      if (const std::string why = unlearned(family, seed); !why.empty()) {
        metrics_.not_run(id, std::nullopt, "", why);
      } else if (tested(stage) && tested(baseline)) {
        const auto value = [&](const std::string& of) {
          return stages_.summary(of).at("coco").at(kMeasures[m].coco).get<double>();
        };
        metrics_.add(id, std::nullopt, seed, value(baseline) - value(stage), "");
      } else {
        metrics_.not_run(id, std::nullopt, "",
                         tested(baseline) ? reason(family, {arm, 0}, seed)
                                          : reason(family, {kRealArm, 0}, seed));
      }
    }
  }

  core::RunContext& run_;
  const core::FinishedStages& stages_;
  const LabelChoice& labels_;
  core::MetricTable& metrics_;
};

}  // namespace

void record_tests(core::RunContext& run, const core::FinishedStages& stages,
                  const LabelChoice& labels, core::MetricTable& metrics) {
  Recorder recorder(run, stages, labels, metrics);
  const std::vector<std::string> tried = run.config().get_strings("detectors.families");
  for (const std::string& family : tried) recorder.record(family);
  for (const std::string& family : known_families()) {
    if (std::find(tried.begin(), tried.end(), family) != tried.end()) continue;
    for (const std::string& arm : arms()) {
      scores_not_run(fmt::format("test.{}.{}.", family, arm), std::nullopt, kUntried, metrics);
      if (arm == kRealArm) continue;
      for (const char* number : {"ap", "ap_low", "ap_high", "ap50", "ap75"}) {
        metrics.not_run(fmt::format("gap.{}.{}.{}", family, arm, number), std::nullopt, "",
                        kUntried);
      }
    }
  }
  recorder.record_labeller();
  recorder.record_curve();
}

}  // namespace ersatz::apples
