#include "gaps.h"

#include <memory>
#include <utility>

#include "core/progress.h"
#include "core/signals.h"
#include "detectors.h"
#include "evaluate/coco/coco_bootstrap.h"

namespace ersatz::apples {
namespace {

using core::Json;

struct Arm {
  std::string lesson;
  std::vector<std::unique_ptr<evaluate::CocoResampler>> runs;
  std::vector<const evaluate::CocoResampler*> pointers() const {
    std::vector<const evaluate::CocoResampler*> all;
    for (const auto& run : runs) all.push_back(run.get());
    return all;
  }
};

evaluate::PictureGroups photograph_groups(const data::CocoGroundTruth& truth) {
  std::vector<std::string> photographs;
  for (const std::int64_t id : truth.image_ids) {
    photographs.push_back(photograph_of(truth.names.at(id)));
  }
  return evaluate::group_pictures(photographs);
}

}  // namespace

std::string add_gaps(core::RunContext& run, core::StageGraph& graph, const RealSet& real,
                     const std::string& family, const std::vector<TestedArm>& arms) {
  const core::Config& config = run.config();
  const auto draws = config.get_int("bootstrap.draws");
  std::size_t tests = 0;
  core::StageSpec spec;
  spec.name = gaps_stage(family);
  spec.kind = "gaps";
  spec.numeric = false;
  spec.inputs = {kRealStage};
  for (const TestedArm& arm : arms) {
    for (const std::int64_t seed : arm.seeds) {
      spec.inputs.push_back(test_stage(family, arm.lesson, seed));
      ++tests;
    }
  }
  spec.config = config.slice({"bootstrap.", "seed"});
  if (!real.drawn) spec.config["groups"] = "photographs";
  spec.work = static_cast<double>(draws) * static_cast<double>(2 * tests);
  spec.seconds_per_work = 0.0015;
  spec.body = [=, config = config, drawn = real.drawn](core::StageContext& stage) {
    const data::CocoGroundTruth truth = test_truth(stage);
    const evaluate::PictureGroups groups =
        drawn ? evaluate::PictureGroups() : photograph_groups(truth);
    const auto seed = static_cast<std::uint64_t>(config.get_int("seed"));
    std::vector<Arm> tested;
    for (const TestedArm& arm : arms) {
      Arm next;
      next.lesson = arm.lesson.name();
      for (const std::int64_t k : arm.seeds) {
        const std::string test = test_stage(family, arm.lesson, k);
        if (!stage.input_summary(test).contains("coco")) break;
        next.runs.push_back(std::make_unique<evaluate::CocoResampler>(
            truth, detections_of(stage, test, truth), evaluate::CocoShape::kBox));
      }
      if (next.runs.size() == arm.seeds.size()) tested.push_back(std::move(next));
    }
    const std::string baseline = arms.front().lesson.name();
    Json scores = Json::object(), gaps = Json::object();
    for (const Arm& arm : tested) {
      scores[arm.lesson] =
          evaluate::to_json(evaluate::resample_scores(arm.pointers(), draws, seed, groups));
      core::stop_point();
      if (arm.lesson == baseline || tested.front().lesson != baseline) continue;
      gaps[arm.lesson] = evaluate::to_json(
          evaluate::resample_gap(tested.front().pointers(), arm.pointers(), draws, seed, groups));
      core::stop_point();
    }
    return Json{{"scores", scores}, {"gaps", gaps}};
  };
  return graph.add(std::move(spec));
}

}  // namespace ersatz::apples
