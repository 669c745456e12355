#include "detectors.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "compute/torch_device.h"
#include "core/config_checks.h"
#include "core/error.h"
#include "core/file_system.h"
#include "data/coco/coco_results.h"
#include "evaluate/coco/coco_evaluation.h"
#include "evaluate/detection/detector_evaluation.h"
#include "labels.h"
#include "models/detection/detector_file.h"
#include "models/detection/detector_zoo.h"

namespace ersatz::apples {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr const char* kDetections = "detections.json";

bool uses_real(const std::string& arm) { return arm != kGeneratedArm; }
bool uses_generated(const std::string& arm) { return arm != kRealArm; }

Json test(const core::StageContext& stage, const RealSet& real, const fs::path& detector, int size,
          const std::string& device) {
  if (!fs::exists(detector)) return Json::object();
  const models::LoadedDetector loaded = models::load_detector(detector);
  loaded.network->to(compute::torch_device(device));
  const data::DetectionSet set =
      data::load_detection_set(read_real(real, stage, kTest).pictures, {kClass}, size);
  evaluate::DetectorEvaluationOptions options;
  options.overlap = models::usual_overlap(loaded.description.architecture);
  const evaluate::DetectorEvaluation found =
      evaluate::evaluate_detector(*loaded.network, set, options, compute::torch_device(device));
  data::write_coco_results(stage.dir() / kDetections, found.detections);
  // Against the truth as it is written: the same as whoever evaluates the files finds.
  const data::CocoGroundTruth truth = test_truth(stage);
  const evaluate::CocoCurves curves =
      evaluate::evaluate_coco(truth, found.detections, evaluate::CocoShape::kBox);
  const std::array<double, 12> summary = evaluate::coco_summary(curves);
  Json coco = Json::object(), precision = Json::array();
  for (std::size_t i = 0; i < summary.size(); ++i) {
    coco[evaluate::coco_summary_names()[i]] = summary[i];
  }
  constexpr std::size_t kEvery = (evaluate::kCocoRecalls - 1) / (kRecallSteps - 1);
  const auto curve = evaluate::coco_precision(curves, 0, 0, 0);
  for (std::size_t r = 0; r < kRecallSteps; ++r) precision.push_back(curve[r * kEvery]);
  return {{"coco", coco}, {"precision", precision}, {"detections", found.detections.size()}};
}

std::string add_test_of(core::RunContext& run, core::StageGraph& graph, const RealSet& real,
                        const std::string& name, const std::string& detector,
                        const Family& family) {
  const core::Config& config = run.config();
  core::StageSpec spec;
  spec.name = name;
  spec.kind = "test";
  spec.inputs = {kRealStage, detector};
  if (!real.drawn) spec.digests[real.manifest] = real.digest;
  const auto size = static_cast<int>(config.get_int("detectors.size"));
  spec.config["size"] = size;
  add_cost(config, family, 1, spec);
  spec.work = static_cast<double>(real.drawn ? config.get_int("real.test_pictures") : 300);
  spec.seconds_per_work /= 3;  // without gradients
  spec.body = [=, device = run.device()](core::StageContext& stage) {
    return test(stage, real, stage.input(detector) / kDetectorFile, size, device);
  };
  return graph.add(std::move(spec));
}

}  // namespace

std::string add_detector(core::RunContext& run, core::StageGraph& graph, const RealSet& real,
                         const LabelChoice& labels, const Family& family, const Lesson& lesson,
                         std::int64_t seed) {
  const core::Config& config = run.config();
  const bool generated = uses_generated(lesson.arm);
  core::StageSpec spec;
  spec.name = detector_stage(family.name, lesson, seed);
  spec.kind = "detector";
  spec.config = training_settings(config, family);
  spec.config["updates"] = family.updates;
  spec.config["arm"] = lesson.arm;
  spec.config["training_seed"] = seed;
  if (uses_real(lesson.arm)) {
    spec.inputs.push_back(kRealStage);
    if (!real.drawn) spec.digests[real.manifest] = real.digest;
  }
  if (generated) {
    spec.inputs.push_back(kPicturesStage);
    spec.inputs.push_back(labels_stage(labels));
    spec.config["generated"] = lesson.generated;
    spec.config["labels"] = label_method_name(labels.method);
    spec.config.update(config.slice({"pictures.count", "pictures.prompts"}));
  }
  use_weights(family, spec);
  add_cost(config, family, family.updates, spec);
  spec.collective = true;
  spec.body = [=, config = config,
               how = learning(run, family.updates, seed)](core::StageContext& stage) {
    std::vector<data::DetectionLabel> pictures;
    if (uses_real(lesson.arm)) {
      pictures = read_real(real, stage, kTrain).pictures;
      for (data::DetectionLabel& picture : pictures) picture.name = "real/" + picture.name;
    }
    if (generated) {
      for (data::DetectionLabel& picture : read_labels(stage, labels, config, lesson.generated)) {
        pictures.push_back(std::move(picture));
      }
    }
    const data::DetectionSet set = data::load_detection_set(
        pictures, {kClass}, static_cast<int>(config.get_int("detectors.size")));
    return learn(set, config, family, beginning_with(how, weights_of(family, stage)), stage);
  };
  return graph.add(std::move(spec));
}

std::string add_test(core::RunContext& run, core::StageGraph& graph, const RealSet& real,
                     const Family& family, const Lesson& lesson, std::int64_t seed) {
  return add_test_of(run, graph, real, test_stage(family.name, lesson, seed),
                     detector_stage(family.name, lesson, seed), family);
}

std::string add_labeller_test(core::RunContext& run, core::StageGraph& graph, const RealSet& real,
                              const Family& family) {
  return add_test_of(run, graph, real, kLabellerTestStage, kLabellerStage, family);
}

data::CocoGroundTruth test_truth(const core::StageContext& stage) {
  return data::read_coco_ground_truth(real_truth(stage, kTest), false);
}

std::vector<data::CocoObject> detections_of(const core::StageContext& stage,
                                            const std::string& test,
                                            const data::CocoGroundTruth& truth) {
  const fs::path file = stage.input(test) / kDetections;
  if (!fs::exists(file)) return {};
  return data::read_coco_detections(file, truth, false);
}

std::vector<Lesson> curve_lessons(const core::Config& config) {
  std::vector<Lesson> lessons;
  for (const std::int64_t count : core::distinct_ints(config, "curve.counts")) {
    if (count < 1) throw core::Error::usage(fmt::format("curve.counts: {} pictures", count));
    if (count < config.get_int("pictures.count")) lessons.push_back({kGeneratedArm, count});
  }
  return lessons;
}

}  // namespace ersatz::apples
