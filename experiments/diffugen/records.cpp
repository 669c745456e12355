#include "records.h"

#include <fmt/format.h>

#include <optional>

#include "diversity.h"
#include "generated.h"
#include "inversion.h"
#include "model.h"
#include "names.h"
#include "sheets.h"

namespace ersatz::diffugen {
namespace {

using core::Json;

constexpr const char* kNoModel =
    "no diffusion model was given (-o diffusion.model=FOLDER of a diffusers model)";

constexpr const char* kNothingFound = "the segmenter found nothing in any picture";

const std::vector<std::string>& measures() {
  static const std::vector<std::string> all = {"mask_iou", "object_iou", "precision",
                                               "recall",   "box_ap",     "box_ap50"};
  return all;
}

// The number of items behind a share; 0 for what is no share.
std::int64_t count_of(const Json& masks, const std::string& measure) {
  if (measure == "precision") return masks.at("labels").get<std::int64_t>();
  if (measure == "recall") return masks.at("objects").get<std::int64_t>();
  return 0;
}

const Json& value_of(const Json& scores, const std::string& measure) {
  if (measure == "box_ap") return scores.at("boxes").at("ap");
  if (measure == "box_ap50") return scores.at("boxes").at("ap50");
  return scores.at("masks").at(measure);
}

void add_share(const std::string& id, std::int64_t seed, const Json& value,
               const std::string& reason, core::MetricTable& metrics, std::int64_t count = 0) {
  if (value.is_number()) {
    metrics.add(id, std::nullopt, seed, 100 * value.get<double>(), "%", count);
  } else {
    metrics.not_run(id, std::nullopt, "%", reason);
  }
}

}  // namespace

std::string missing_reason(core::RunContext& run, const core::FinishedStages& stages,
                           const std::string& stage, bool needs_model) {
  if (needs_model && !has_diffusion(run.config())) return kNoModel;
  return stages.failure(stage).value_or("its stage was not part of this run");
}

void add_measures(const std::string& prefix, std::int64_t seed, const Json& scores,
                  core::MetricTable& metrics) {
  for (const std::string& measure : measures()) {
    add_share(prefix + measure, seed, value_of(scores, measure),
              measure == "precision" ? "there are no labels" : "there are no objects", metrics,
              count_of(scores.at("masks"), measure));
  }
}

void add_measures_not_run(const std::string& prefix, const std::string& reason,
                          core::MetricTable& metrics) {
  for (const std::string& measure : measures()) {
    metrics.not_run(prefix + measure, std::nullopt, "%", reason);
  }
}

void record_generated(core::RunContext& run, const core::FinishedStages& stages,
                      core::MetricTable& metrics) {
  const std::int64_t seed = run.config().get_int("seed");
  const bool there = stages.has(kGenerated);
  const Json summary = there ? stages.summary(kGenerated) : Json::object();
  const std::string reason = missing_reason(run, stages, kGenerated, true);
  for (const std::string& task : tasks()) {
    const bool made = summary.contains(task);
    const std::string shown = fmt::format("generated.{}.shown", task);
    const std::string why = there ? "the configuration has no such pictures" : reason;
    if (made) {
      const auto pictures = summary.at(task).at("pictures").get<std::int64_t>();
      metrics.add(shown, std::nullopt, seed,
                  100 * summary.at(task).at("shown").get<double>() / static_cast<double>(pictures),
                  "%", pictures);
    } else {
      metrics.not_run(shown, std::nullopt, "%", why);
    }
    for (const char* method : {kPublished, kFixed}) {
      const std::string prefix = fmt::format("generated.{}.{}.", task, method);
      if (made && summary.at(task).contains(method)) {
        add_measures(prefix, seed, summary.at(task).at(method), metrics);
      } else if (made && task == "inpaint" && method == std::string(kPublished)) {
        add_measures_not_run(prefix, "its heat map is of the whole prompt and not kept", metrics);
      } else {
        add_measures_not_run(prefix, made ? kNothingFound : why, metrics);
      }
    }
    const std::string brief = fmt::format("generated.{}.{}.", task, kBrief);
    if (!stages.has(kGeneratedBrief)) {
      add_measures_not_run(brief, missing_reason(run, stages, kGeneratedBrief, true), metrics);
    } else if (stages.summary(kGeneratedBrief).contains(task)) {
      add_measures(brief, seed, stages.summary(kGeneratedBrief).at(task), metrics);
    } else {
      add_measures_not_run(brief, made ? kNothingFound : why, metrics);
    }
  }
  for (const std::string& method : methods()) {
    for (const char* measure : {"mask_iou", "box_ap50"}) {
      const std::string id = fmt::format("sample.{}.{}", method, measure);
      if (!has_sample(run.config())) {
        metrics.not_run(id, std::nullopt, "%",
                        "nobody has labelled these pictures (-o sample.labels=DATASET)");
      } else if (!stages.has(kSample)) {
        metrics.not_run(id, std::nullopt, "%", missing_reason(run, stages, kSample, true));
      } else {
        const Json& scores = stages.summary(kSample).at(method);
        const Json value = measure == std::string("box_ap50") ? scores.at("boxes").at("ap50")
                           : scores.contains("masks")         ? scores.at("masks").at("mask_iou")
                                                              : Json();
        add_share(id, seed, value, "the sample has boxes only", metrics);
      }
    }
  }
}

void record_diversity(core::RunContext& run, const core::FinishedStages& stages,
                      core::MetricTable& metrics) {
  const std::int64_t seed = run.config().get_int("seed");
  const bool there = stages.has(kDiversity);
  const Json summary = there ? stages.summary(kDiversity) : Json::object();
  const std::string reason = there ? "" : missing_reason(run, stages, kDiversity, true);
  for (const char* of : {"generated", "scenes"}) {
    const bool measured = summary.contains(of);
    const std::string none =
        there ? "scenes do not know an attribute of the configuration" : reason;
    for (const DiversityAttribute& attribute : diversity_attributes()) {
      add_share(fmt::format("diversity.{}.{}", of, attribute.name), seed,
                measured ? summary.at(of).value(attribute.name, Json()) : Json(),
                measured ? "the attribute has one value" : none, metrics);
    }
    const std::string asked = of == std::string("generated") ? "as_asked" : "scenes_as_asked";
    add_share(fmt::format("diversity.{}.as_asked", of), seed, summary.value(asked, Json()), none,
              metrics, measured ? summary.at("pictures").get<std::int64_t>() : 0);
  }
  const double scenes =
      summary.contains("scenes") ? summary.at("scenes").at("total").get<double>() : 0;
  for (const std::string& task : tasks()) {
    const std::string id = fmt::format("diversity.{}", task);
    if (scenes > 0 && summary.at("tasks").contains(task)) {
      metrics.add(id, std::nullopt, seed, summary.at("tasks").at(task).get<double>() / scenes, "");
    } else {
      metrics.not_run(id, std::nullopt, "", there ? "nothing to compare with" : reason);
    }
  }
}

void record_use_test(core::RunContext& run, const core::FinishedStages& stages,
                     core::MetricTable& metrics) {
  for (const std::string& lesson : lessons()) {
    for (const std::int64_t seed : run.seeds()) {
      const std::string stage = use_stage(lesson, seed);
      for (const char* set : {kWeb, kCamera}) {
        const std::string prefix = fmt::format("use.{}.{}.", lesson, set);
        if (stages.has(stage)) {
          add_measures(prefix, seed, stages.summary(stage).at(set), metrics);
        } else {
          add_measures_not_run(prefix, missing_reason(run, stages, stage, true), metrics);
        }
      }
    }
  }
}

void record_pictures(core::RunContext& run, const core::FinishedStages& stages,
                     core::Results& results) {
  const std::int64_t seed = run.config().get_int("seed");
  const auto add = [&](const std::string& stage, const char* name, const std::string& caption) {
    if (!stages.has(stage)) return;
    const std::filesystem::path file = stages.dir(stage) / "sheet.png";
    if (std::filesystem::exists(file)) results.pictures.push_back({name, file, caption});
  };
  add(kGenerated, "generated",
      "Generated pictures, the network's attention to the object's name, labels by attention and "
      "by the segmenter");
  add(scene_sheet_stage(seed), "scenes",
      "Scenes whose masks are known, and labels of them: cars of both domains, the largest crowd, "
      "the object that neither network was taught");
}

void record_throughput(core::RunContext& run, const core::FinishedStages& stages,
                       core::Results& results) {
  if (stages.has(kTeacher)) {
    results.throughput["segmenter.images_per_second"] =
        stages.summary(kTeacher).at("images_per_second");
  }
  const std::string use = use_stage(kFixed, run.config().get_int("seed"));
  if (stages.has(use)) {
    results.throughput["use_test.images_per_second"] = stages.summary(use).at("images_per_second");
  }
}

void record_notes(core::RunContext& run, const core::FinishedStages& stages,
                  core::Results& results) {
  const core::Config& config = run.config();
  results.data_label = "stand-in data";
  results.notes.push_back(
      "Stand-in data: what labels are compared with are drawn scenes whose masks are exact. "
      "Compare the conclusions, not the numbers, with those on photographs.");
  results.notes.push_back(
      "Labels are scored whatever class they name: attention is told the object, the segmenter is "
      "not.");
  if (config.get_string("segmenter.network") == "small") {
    results.notes.push_back(
        "The segmenter is a small network that was trained on drawn scenes of the generator's "
        "domain; it stands for one that was trained on COCO.");
  }
  if (has_diffusion(config) && run.seeds().size() > 1) {
    results.notes.push_back(fmt::format(
        "{} replicates differ in their scenes, the noise on them and the detectors of the use "
        "test; they share one segmenter and one generated dataset.",
        run.seeds().size()));
  }
  if (stages.has(kDataset)) {
    for (const auto& [task, counts] : stages.summary(kDataset).items()) {
      const auto without = counts.value("without_objects", std::int64_t{0}) +
                           counts.value("skipped", std::int64_t{0});
      if (without > 0) {
        results.notes.push_back(fmt::format("{}: attention found no object in {} of {} pictures.",
                                            task, without,
                                            counts.at("pictures").get<std::int64_t>()));
      }
    }
  }
}

}  // namespace ersatz::diffugen
