#include <fmt/format.h>

#include <optional>

#include "model.h"
#include "names.h"
#include "records.h"

namespace ersatz::diffugen {
namespace {

using core::Json;

// Centre of a bin; the bins are the same for all methods.
double centre(const Json& bin) {
  return (bin.at("low").get<double>() + bin.at("high").get<double>()) / 2;
}

void record_calibration(const std::string& method, std::int64_t seed, const Json& scores,
                        core::MetricTable& metrics) {
  const Json& calibration = scores.at("calibration");
  metrics.add(fmt::format("calibration.{}.error", method), std::nullopt, seed,
              100 * calibration.at("error").get<double>(), "%");
  for (const Json& bin : calibration.at("bins")) {
    const double at = centre(bin);
    // Once: the segmenter is always there.
    if (method == kSegmenter) metrics.add("calibration.perfect", at, seed, 100 * at, "%");
    const std::string id = fmt::format("calibration.{}.right", method);
    if (bin.at("precision").is_null()) {
      metrics.not_run(id, at, "%", "no label has such a score");
    } else {
      metrics.add(id, at, seed, 100 * bin.at("precision").get<double>(), "%",
                  bin.at("count").get<std::int64_t>());
    }
  }
}

void record_crowd(const std::string& method, std::int64_t seed, std::int64_t objects,
                  const Json& masks, core::MetricTable& metrics) {
  for (const char* measure : {"mask_iou", "object_iou", "precision", "recall"}) {
    const std::string id = fmt::format("crowd.{}.{}", method, measure);
    const auto point = static_cast<double>(objects);
    if (masks.at(measure).is_null()) {
      metrics.not_run(id, point, "%", "no picture has a label");
      continue;
    }
    const std::string whole = measure;
    const std::int64_t count = whole == "recall"      ? masks.at("objects").get<std::int64_t>()
                               : whole == "precision" ? masks.at("labels").get<std::int64_t>()
                                                      : 0;
    metrics.add(id, point, seed, 100 * masks.at(measure).get<double>(), "%", count);
  }
}

void not_run(core::RunContext& run, const std::string& method, const std::string& reason,
             core::MetricTable& metrics) {
  for (const char* set : {kWeb, kCamera, kUnseen}) {
    add_measures_not_run(fmt::format("scenes.{}.{}.", set, method), reason, metrics);
  }
  for (const std::int64_t objects : run.config().get_ints("scenes.objects")) {
    for (const char* measure : {"mask_iou", "object_iou", "precision", "recall"}) {
      metrics.not_run(fmt::format("crowd.{}.{}", method, measure), static_cast<double>(objects),
                      "%", reason);
    }
  }
  metrics.not_run(fmt::format("calibration.{}.error", method), std::nullopt, "%", reason);
}

}  // namespace

void record_scenes(core::RunContext& run, const core::FinishedStages& stages,
                   core::MetricTable& metrics) {
  for (const std::string& method : methods()) {
    for (const std::int64_t seed : run.seeds()) {
      const std::string stage = scores_stage(seed);
      if (!stages.has(stage) || !stages.summary(stage).at("all").contains(method)) {
        not_run(run, method, missing_reason(run, stages, stage, is_attention(method)), metrics);
        continue;
      }
      const Json& sets = stages.summary(stage).at("sets");
      for (const char* set : {kWeb, kCamera, kUnseen}) {
        add_measures(fmt::format("scenes.{}.{}.", set, method), seed,
                     sets.at(set).at("scenes").at(method), metrics);
      }
      for (const std::int64_t objects : run.config().get_ints("scenes.objects")) {
        record_crowd(method, seed, objects,
                     sets.at(kCrowd).at(std::to_string(objects)).at(method).at("masks"), metrics);
      }
      record_calibration(method, seed, stages.summary(stage).at("all").at(method), metrics);
    }
  }
}

}  // namespace ersatz::diffugen
