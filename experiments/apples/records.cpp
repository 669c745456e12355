#include "records.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "generator.h"
#include "labels.h"
#include "names.h"
#include "sheets.h"

namespace ersatz::apples {
namespace {

using core::Json;

bool is_drawn(const core::Config& config) { return config.get_string("real.source") == "scenes"; }

void add_number(const std::string& id, std::int64_t seed, const Json& value, const char* unit,
                const std::string& reason, core::MetricTable& metrics) {
  if (value.is_number() && value.get<double>() >= 0) {
    metrics.add(id, std::nullopt, seed, value.get<double>(), unit);
  } else {
    metrics.not_run(id, std::nullopt, unit, reason);
  }
}

}  // namespace

std::string missing_reason(core::RunContext& run, const core::FinishedStages& stages,
                           const LabelChoice& labels, const std::string& stage,
                           const std::string& arm) {
  if (arm != kRealArm) {
    if (!has_generator(run.config())) {
      return "no diffusion model was given (-o generator.model=FOLDER of a diffusers model)";
    }
    if (labels_stage(labels).empty()) {
      return "nobody has labelled the generated pictures (-o labels.folder=DATASET)";
    }
  }
  if (stages.has(stage)) return "the labels that it was to learn from hold no box";
  return stages.failure(stage).value_or("its stage was not part of this run");
}

void record_labels(core::RunContext& run, const core::FinishedStages& stages,
                   const LabelChoice& labels, core::MetricTable& metrics) {
  const std::int64_t seed = run.config().get_int("seed");
  for (const LabelMethod method : automatic_methods()) {
    const std::string name = label_method_name(method);
    const std::string reason =
        has_generator(run.config())
            ? stages.failure(kAutomaticStage).value_or("its stage was not part of this run")
            : missing_reason(run, stages, labels, kAutomaticStage, kGeneratedArm);
    const Json summary =
        stages.has(kAutomaticStage) ? stages.summary(kAutomaticStage).at(name) : Json();
    for (const char* measure : {"ap50", "precision", "recall"}) {
      add_number(fmt::format("labels.{}.{}", name, measure), seed,
                 summary.is_null() ? Json() : summary.at("real").at(measure), "",
                 summary.is_null() ? reason : "there is no label", metrics);
    }
    Json objects;
    if (!summary.is_null()) {
      objects = summary.at("objects").get<double>() /
                static_cast<double>(run.config().get_int("pictures.count"));
    }
    add_number(fmt::format("labels.{}.objects", name), seed, objects, "", reason, metrics);
  }
  for (const char* part : {kTrain, kValidation, kTest}) {
    const Json summary = stages.has(kRealStage) ? stages.summary(kRealStage).at(part) : Json();
    const std::string reason =
        stages.failure(kRealStage).value_or("its stage was not part of this run");
    for (const char* what : {"pictures", "objects", "small", "medium", "large"}) {
      add_number(fmt::format("set.{}.{}", part, what), seed,
                 summary.is_null() ? Json() : summary.at(what), "", reason, metrics);
    }
  }
}

void record_pictures(core::RunContext& run, const core::FinishedStages& stages,
                     core::Results& results) {
  if (stages.has(kSamplesStage)) {
    results.pictures.push_back(
        {"samples", stages.dir(kSamplesStage) / "samples.png",
         std::string(shows_real(run.config())
                         ? "Real pictures that the generator learned from; what it "
                         : "What the generator ") +
             "drew before and after, same prompts and seeds; the generated pictures with their "
             "labels"});
  }
  if (stages.has(kFoundStage)) {
    results.pictures.push_back(
        {"found", stages.dir(kFoundStage) / "found.png",
         "Real test pictures: true boxes, and what detectors of the first family found"});
  }
}

void record_throughput(core::RunContext& run, const core::FinishedStages& stages,
                       core::Results& results) {
  const std::int64_t seed = run.config().get_int("seed");
  for (const std::string& family : run.config().get_strings("detectors.families")) {
    const std::string stage = detector_stage(family, {kRealArm, 0}, seed);
    if (!stages.has(stage) || !stages.summary(stage).contains("images_per_second")) continue;
    results.throughput[family + ".images_per_second"] =
        stages.summary(stage).at("images_per_second");
  }
  if (stages.has(kGeneratorStage) &&
      stages.summary(kGeneratorStage).contains("samples_per_second")) {
    results.throughput["fine_tuning.samples_per_second"] =
        stages.summary(kGeneratorStage).at("samples_per_second");
  }
}

void record_notes(core::RunContext& run, const core::FinishedStages& stages,
                  const LabelChoice& labels, core::Results& results) {
  const core::Config& config = run.config();
  results.data_label = is_drawn(config) ? fmt::format("stand-in data; {}", labels.short_words())
                                        : labels.short_words();
  if (is_drawn(config)) {
    results.notes.push_back(
        "Stand-in data: the real pictures are drawn orchards of the camera domain. Compare the "
        "conclusions, not the numbers, with those on photographs.");
  }
  if (!shows_real(config)) {
    results.notes.push_back(
        "Sheets show no photographs; -o run.real_pictures=true adds them, and what was found on "
        "them.");
  }
  results.notes.push_back(fmt::format(
      "Generated pictures have {}. The paper labelled its own by hand.", labels.words()));
  if (config.get_string("generator.model") == "mini-sd") {
    results.notes.push_back(fmt::format(
        "The generator is mini-SD ({0} px, trained on drawn scenes), fine-tuned on {1} pictures "
        "of the real training part; no Stable Diffusion was at hand.",
        config.get_int("generator.side"), config.get_int("finetune.pictures")));
  }
  if (stages.has(kAutomaticStage)) {
    results.notes.push_back(
        "The generated pictures, with boxes for a person to correct (Label Studio, COCO, YOLO), "
        "are in the stage labels/automatic, folder export; -o labels.method=manual "
        "-o labels.folder=DATASET uses what comes back.");
  }
  if (stages.has(kManualStage)) {
    const auto unlabelled = stages.summary(kManualStage).at("unlabelled").get<std::int64_t>();
    if (unlabelled > 0) {
      results.notes.push_back(
          fmt::format("{} generated pictures were not labelled: left out.", unlabelled));
    }
  }
  for (const std::string& family : config.get_strings("detectors.families")) {
    const auto seeds = std::min<std::int64_t>(config.get_int(family + ".seeds"),
                                              static_cast<std::int64_t>(run.seeds().size()));
    results.notes.push_back(fmt::format("{}: {}, {} seed{}, {} updates of {} pictures.", family,
                                        config.get_string(family + ".network"), seeds,
                                        seeds == 1 ? "" : "s", config.get_int(family + ".updates"),
                                        config.get_int(family + ".batch_size")));
  }
}

}  // namespace ersatz::apples
