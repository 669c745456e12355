#include "runner/training/detector_run.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <opencv2/core.hpp>
#include <optional>

#include "compute/numerics.h"
#include "compute/ranks/join_ranks.h"
#include "compute/threads.h"
#include "compute/torch_device.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/log.h"
#include "core/progress.h"
#include "evaluate/coco/coco_evaluation.h"
#include "evaluate/detection/detector_evaluation.h"
#include "label/dataset/detection_labels.h"
#include "label/dataset/yolo_data_file.h"
#include "models/detection/detector_file.h"
#include "runner/rank_session.h"
#include "runner/training/training_lock.h"
#include "train/detection/detector_trainer.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Json;

// Where the validation labels are, if anywhere.
std::optional<label::DetectionSource> validation_source(const TrainDetectorOptions& options) {
  const std::string& format =
      options.validation_format.empty() ? options.format : options.validation_format;
  if (!options.validation.empty()) {
    return label::DetectionSource{
        options.validation, label::parse_detection_format(format), options.validation_images, {}};
  }
  if (options.format != "yolo" || !options.images.empty()) return std::nullopt;
  try {
    const fs::path train = label::read_yolo_data_file(options.data, "train").images;
    const fs::path val = label::read_yolo_data_file(options.data, "val").images;
    if (train == val) return std::nullopt;
  } catch (const core::Error&) {
    return std::nullopt;  // what is wrong with the file is told when it is read for training
  }
  return label::DetectionSource{options.data, label::DetectionFormat::kYolo, {}, "val"};
}

// Reads, reports and refuses or leaves out. `writes`: the report to a file, too.
data::DetectionSet read_set(const label::DetectionSource& source,
                            const TrainDetectorOptions& options,
                            const std::vector<std::string>& classes, const char* what, bool writes,
                            Json& reports) {
  const label::DetectionLabels labels = label::read_detection_labels(source, classes);
  reports[what] = labels.report.json();
  if (writes) core::write_json(fs::path(options.out) / "label_report.json", reports);
  const bool leave_out = options.bad_labels == "leave-out";
  try {
    label::require_usable(labels, source.path,
                          leave_out ? label::BadLabels::kLeaveOut : label::BadLabels::kRefuse);
  } catch (const core::Error& error) {
    throw error.with_hint(fmt::format("{} has all of them{}",
                                      (fs::path(options.out) / "label_report.json").string(),
                                      leave_out ? "" : "; --bad-labels leave-out goes on"));
  }
  if (!labels.report.clean()) {
    core::log_warning(fmt::format("{}: {}", source.path.string(), labels.report.summary()));
  }
  data::DetectionSet set = data::load_detection_set(labels.pictures, labels.classes, options.size);
  core::log_info(fmt::format("{}: {} pictures, {} boxes, {} classes", what, set.pictures.size(),
                             set.boxes(), set.classes.size()));
  return set;
}

train::DetectorTraining training_of(const TrainDetectorOptions& options) {
  train::DetectorTraining training;
  training.network.name = options.model;
  training.network.smallest_anchor = options.smallest_anchor;
  training.weights = options.weights;
  training.frozen_norms = options.freeze_norms;
  training.epochs = options.epochs;
  training.batch_size = options.batch;
  training.accumulate = options.accumulate;
  training.close_mosaic = options.close_mosaic;
  training.optimiser = train::parse_detector_optimiser(options.optimiser);
  training.learning_rate = options.learning_rate;
  training.cosine = options.cosine;
  training.weight_decay = options.weight_decay;
  training.warmup_epochs = options.warmup;
  training.type = train::parse_training_type(options.type);
  training.validate_every = options.validate_every;
  data::DetectionAugmentation& augmentation = training.augmentation;
  augmentation.mosaic = options.mosaic;
  augmentation.degrees = options.degrees;
  augmentation.translate = options.translate;
  augmentation.scale = options.scale;
  augmentation.hue = options.hsv.at(0);
  augmentation.saturation = options.hsv.at(1);
  augmentation.value = options.hsv.at(2);
  augmentation.horizontal_flip = options.flip;
  augmentation.vertical_flip = options.vertical_flip;
  return training;
}

Json box_json(const data::CocoBox& box) { return {box.x, box.y, box.width, box.height}; }

// For `ersatz eval coco`.
void write_coco(const fs::path& out, const data::DetectionSet& set,
                const evaluate::DetectorEvaluation& evaluation) {
  Json images = Json::array(), categories = Json::array(), objects = Json::array(),
       results = Json::array();
  for (std::size_t i = 0; i < set.pictures.size(); ++i) {
    images.push_back({{"id", i + 1},
                      {"file_name", set.pictures[i].name},
                      {"width", set.pictures[i].width},
                      {"height", set.pictures[i].height}});
  }
  for (const auto& [id, name] : evaluation.truth.categories) {
    categories.push_back({{"id", id}, {"name", name}});
  }
  for (const data::CocoObject& object : evaluation.truth.objects) {
    objects.push_back({{"id", object.id},
                       {"image_id", object.image_id},
                       {"category_id", object.category_id},
                       {"bbox", box_json(object.box)},
                       {"area", object.area},
                       {"iscrowd", object.crowd ? 1 : 0}});
  }
  for (const data::CocoObject& found : evaluation.detections) {
    results.push_back({{"image_id", found.image_id},
                       {"category_id", found.category_id},
                       {"bbox", box_json(found.box)},
                       {"score", found.score}});
  }
  const Json truth = {{"images", images}, {"categories", categories}, {"annotations", objects}};
  core::write_file_atomic(out / "truth.json", truth.dump() + "\n");
  core::write_file_atomic(out / "results.json", results.dump() + "\n");
}

Json scores_json(const evaluate::DetectorEvaluation& evaluation,
                 const std::vector<std::string>& classes) {
  Json scores = Json::object(), per_class = Json::object();
  for (std::size_t i = 0; i < evaluation.summary.size(); ++i) {
    scores[evaluate::coco_summary_names()[i]] = evaluation.summary[i];
  }
  for (std::size_t k = 0; k < classes.size(); ++k) {
    per_class[classes[k]] = evaluation.class_ap[k];
  }
  return {{"coco", scores}, {"class_AP", per_class}};
}

}  // namespace

void run_train_detector(const TrainOptions& all, const core::Ranks& ranks,
                        compute::RankGroup* group) {
  const TrainDetectorOptions& options = all.detector;
  check_detector_options(options);
  compute::use_threads(rank_threads(all.threads, ranks));
  cv::setNumThreads(1);  // pictures are changed beside the network
  const fs::path out = options.out;
  const bool writes = ranks.rank == 0;
  std::optional<core::FileLock> lock;
  if (writes) {
    core::make_directories(out);
    lock.emplace(out / kTrainingLock, options.out);
  }
  Json reports = Json::object();
  const data::DetectionSet train =
      read_set({options.data, label::parse_detection_format(options.format), options.images,
                options.format == "yolo" && validation_source(options) ? "train" : ""},
               options, {}, "training", writes, reports);
  std::optional<data::DetectionSet> validation;
  if (!writes) {
    // Rank 0 validates.
  } else if (const auto source = validation_source(options)) {
    validation = read_set(*source, options, train.classes, "validation", writes, reports);
  } else {
    core::log_warning("nothing to validate on: the last weights count as the best");
  }

  const train::DetectorTraining training = training_of(options);
  const std::string where = compute::rank_device(all.device, ranks);
  const c10::Device device = compute::torch_device(where);
  evaluate::DetectorEvaluationOptions evaluation;
  evaluation.overlap = models::usual_overlap(training.network);
  train::ValidateDetector validate;
  if (validation) {
    validate = [&](models::Detector& network) {
      const auto scores = evaluate::evaluate_detector(network, *validation, evaluation, device);
      core::log_info(fmt::format("AP {:.4f}, AP50 {:.4f}", scores.summary[0], scores.summary[1]));
      return train::DetectorScores{scores.summary};
    };
  }
  core::log_info(fmt::format("{}, {}", options.model, compute::numerics_description(where)));
  const auto pictures = static_cast<std::int64_t>(train.pictures.size());
  const std::int64_t batches = (pictures + options.batch - 1) / options.batch;
  core::Progress progress(
      "training", options.epochs * ((batches + options.accumulate - 1) / options.accumulate),
      "step");
  train::TrainingRun run;
  run.checkpoint_folder = out / "checkpoints";
  run.metrics_file = out / "metrics.jsonl";
  run.device = where;
  run.seed = options.seed;
  run.checkpoint_every = options.checkpoint_every;
  run.log_every = 10;
  run.progress = &progress;
  run.ranks = group;
  run.parts = all.parts;
  const train::DetectorTrainingResult result =
      train::train_detector(train, validate, training, run, out);
  if (!writes) return;

  Json summary = {{"out", options.out},
                  {"model", options.model},
                  {"pictures", train.pictures.size()},
                  {"boxes", train.boxes()},
                  {"label_problems", reports.at("training").at("problems")},
                  {"epochs", options.epochs},
                  {"steps", result.steps},
                  {"best_epoch", result.best_epoch},
                  {"images_per_second", result.images_per_second},
                  {"parts", train::parts_of(run)},
                  {"ranks", ranks.size},
                  {"recipe", train::describe(training)}};
  if (!options.weights.empty()) summary["drawn_tensors"] = result.drawn;
  std::string text = fmt::format("{}: {} steps", options.out, result.steps);
  if (validation) {
    const models::LoadedDetector best = models::load_detector(out / "best.safetensors");
    best.network->to(device);
    const auto scores = evaluate::evaluate_detector(*best.network, *validation, evaluation, device);
    write_coco(out, *validation, scores);
    summary["validation"] = scores_json(scores, train.classes);
    text += fmt::format(", best after epoch {}: AP {:.4f}, AP50 {:.4f}, AP75 {:.4f}",
                        result.best_epoch, scores.summary[0], scores.summary[1], scores.summary[2]);
  }
  core::write_json(out / "summary.json", summary);
  std::printf("%s\n", options.summary_json ? summary.dump(2).c_str() : text.c_str());
}

}  // namespace ersatz::runner
