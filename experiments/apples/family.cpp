#include "family.h"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <utility>

#include "core/config_checks.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/progress.h"
#include "core/suggest.h"
#include "names.h"
#include "orchards.h"

namespace ersatz::apples {

namespace fs = std::filesystem;
using core::Json;

Family family(core::RunContext& run, const std::string& name) {
  const std::vector<std::string>& known = known_families();
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    throw core::unknown_name("family of detectors", name, known);
  }
  const core::Config& config = run.config();
  Family made;
  made.name = name;
  made.network = config.get_string(name + ".network");
  const std::vector<std::string>& networks = models::detector_names();
  if (std::find(networks.begin(), networks.end(), made.network) == networks.end()) {
    throw core::unknown_name(name + ".network", made.network, networks);
  }
  made.seeds = config.get_int(name + ".seeds");
  made.updates = config.get_int(name + ".updates");
  made.batch_size = config.get_int(name + ".batch_size");
  if (made.seeds < 1 || made.updates < 1 || made.batch_size < 1) {
    throw core::Error::usage(
        fmt::format("{0}.seeds, {0}.updates and {0}.batch_size must be 1 or more", name));
  }
  made.optimiser = config.get_string(name + ".optimiser");
  train::parse_detector_optimiser(made.optimiser);
  made.learning_rate = config.get_float(name + ".learning_rate");
  made.weights = config.get_string(name + ".weights");
  made.smallest_anchor = config.get_float("retinanet.smallest_anchor");
  if (!made.weights.empty() && !made.pretrained_here()) {
    const core::DatasetHandle& dataset = run.dataset(made.weights);
    made.weights_file = dataset.folder / config.get_string(name + ".weights_file");
    made.weights_digest = dataset.digest;
  }
  return made;
}

std::vector<Family> families(core::RunContext& run) {
  std::vector<Family> all;
  for (const std::string& name : core::distinct_strings(run.config(), "detectors.families")) {
    all.push_back(family(run, name));
  }
  if (all.empty()) throw core::Error::usage("detectors.families names no family");
  return all;
}

std::vector<std::int64_t> seeds_of(core::RunContext& run, const Family& family) {
  std::vector<std::int64_t> seeds = run.seeds();
  if (static_cast<std::int64_t>(seeds.size()) > family.seeds) {
    seeds.resize(static_cast<std::size_t>(family.seeds));
  }
  return seeds;
}

Json training_settings(const core::Config& config, const Family& family) {
  Json settings = config.slice({"detectors."});
  settings.erase("detectors.families");
  settings["network"] = family.network;
  settings["optimiser"] = family.optimiser;
  settings["learning_rate"] = family.learning_rate;
  settings["batch_size"] = family.batch_size;
  if (family.name == "retinanet") settings["smallest_anchor"] = family.smallest_anchor;
  return settings;
}

void use_weights(const Family& family, core::StageSpec& spec) {
  if (family.pretrained_here()) spec.inputs.push_back(pretraining_stage(family.name));
  if (!family.weights_file.empty()) spec.digests[family.weights] = family.weights_digest;
}

fs::path weights_of(const Family& family, const core::StageContext& stage) {
  if (!family.pretrained_here()) return family.weights_file;
  return stage.input(pretraining_stage(family.name)) / kDetectorFile;
}

void add_cost(const core::Config& config, const Family& family, std::int64_t updates,
              core::StageSpec& spec) {
  const auto size = static_cast<double>(config.get_int("detectors.size"));
  spec.work = static_cast<double>(updates * family.batch_size);
  // 18.7 pictures of 320 px per second for YOLOv8n; RetinaNet (ResNet-18) takes 3.4 times as long.
  constexpr double kSize = 320, kPicture = 1 / 18.7, kFloor = 0.004;
  spec.seconds_per_work = (family.name == "retinanet" ? 3.4 : 1) *
                          (kFloor + kPicture * (size / kSize) * (size / kSize));
  spec.pace = fmt::format("{}, {} px", family.network, config.get_int("detectors.size"));
}

Learning learning(const core::RunContext& run, std::int64_t updates, std::int64_t seed) {
  return {run.device(),
          updates,
          run.config().get_int("run.checkpoint_every"),
          static_cast<std::uint64_t>(seed),
          {},
          run.ranks(),
          run.parts()};
}

Learning beginning_with(Learning how, const fs::path& weights) {
  how.weights = weights;
  return how;
}

Json learn(const data::DetectionSet& set, const core::Config& config, const Family& family,
           const Learning& how, core::StageContext& stage) {
  std::size_t boxes = 0;
  for (const data::DetectionPicture& picture : set.pictures) {
    for (const data::ObjectBox& box : picture.boxes) boxes += box.crowd ? 0 : 1;
  }
  Json summary = {{"pictures", set.pictures.size()}, {"boxes", boxes}};
  if (boxes == 0) return summary;
  cv::setNumThreads(1);  // pictures are changed beside the network
  const auto pictures = static_cast<std::int64_t>(set.pictures.size());
  const std::int64_t per_epoch = (pictures + family.batch_size - 1) / family.batch_size;
  train::DetectorTraining training;
  training.network.name = family.network;
  training.network.smallest_anchor = family.smallest_anchor;
  training.weights = how.weights;
  training.epochs = (how.updates + per_epoch - 1) / per_epoch;
  training.batch_size = family.batch_size;
  training.optimiser = train::parse_detector_optimiser(family.optimiser);
  training.learning_rate = family.learning_rate;
  training.cosine = config.get_bool("detectors.cosine");
  training.warmup_epochs = config.get_float("detectors.warmup_epochs");
  training.augmentation.mosaic = config.get_float("detectors.mosaic");
  training.augmentation.scale = config.get_float("detectors.scale");
  // The last fifth of a training sees whole pictures.
  training.close_mosaic = std::min<std::int64_t>(training.close_mosaic, training.epochs / 5);
  training.validate_every = training.epochs;
  core::Progress progress(stage.spec().name, training.epochs * per_epoch, "step");
  train::TrainingRun run;
  run.checkpoint_folder = stage.checkpoint_dir() / "training";
  run.metrics_file = stage.training_log();
  run.device = how.device;
  run.seed = how.seed;
  run.checkpoint_every = how.checkpoint_every;
  run.log_every = 10;
  run.progress = &progress;
  run.ranks = how.ranks;
  run.parts = how.parts;
  // Survives an interruption after the last update.
  const fs::path made = stage.checkpoint_dir() / "made";
  core::make_directories(made);
  const train::DetectorTrainingResult result = train::train_detector(set, {}, training, run, made);
  if (!train::writes_files(run)) return summary;
  stage.keep(made / "last.safetensors", kDetectorFile);
  summary["updates"] = result.steps;
  summary["images_per_second"] = result.images_per_second;
  summary["loss"] = result.epochs.back().loss;
  return summary;
}

std::string add_pretraining(core::RunContext& run, core::StageGraph& graph, const Family& family) {
  const core::Config& config = run.config();
  const auto updates = config.get_int("pretraining.updates");
  const auto images = config.get_int("pretraining.images");
  core::StageSpec spec;
  spec.name = pretraining_stage(family.name);
  spec.kind = "pretraining";
  spec.config = training_settings(config, family);
  spec.config.update(config.slice({"pretraining.", "scenes.", "seed"}));
  add_cost(config, family, updates, spec);
  spec.collective = true;
  const auto seed = config.get_int("seed");
  spec.body = [=, config = config, how = learning(run, updates, seed)](core::StageContext& stage) {
    const data::DetectionSet set =
        drawn_lessons(config, DrawnLesson::kFruits, images,
                      static_cast<int>(config.get_int("detectors.size")), seed);
    return learn(set, config, family, how, stage);
  };
  return graph.add(std::move(spec));
}

}  // namespace ersatz::apples
