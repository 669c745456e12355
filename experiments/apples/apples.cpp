// Apple detection on generated orchards: "The Big Data Myth" (R. Voetman, M. Aghaei, K. Dijkstra,
// 2023).
//
// A diffusion model is fine-tuned on 20 photographs of an orchard, its pictures are labelled by
// hand, and detectors that learn from nothing else are tested on 331 photographs: the paper's
// average precision is 0.09 to 0.12 below that of detectors that learned from photographs. Here all
// of that is repeated with three families of detectors, and each gap has an interval over the test
// pictures.
//
//   make reproduce-apples                      drawn orchards and mini-SD, minutes on 2 cores
//   make reproduce-apples PROFILE=reduced      real photographs, mini-SD
//   make reproduce-apples PROFILE=paper        MinneApple, Stable Diffusion, labels by hand
#include "core/error.h"
#include "core/experiment.h"
#include "detectors.h"
#include "family.h"
#include "gaps.h"
#include "generator.h"
#include "label_choice.h"
#include "labels.h"
#include "names.h"
#include "real_set.h"
#include "records.h"
#include "sheets.h"

namespace ersatz::apples {
namespace {

// Which arms this run has.
std::vector<std::string> arms_of(const core::Config& config, const LabelChoice& labels) {
  if (has_generator(config) && !labels_stage(labels).empty()) return arms();
  return {kRealArm};
}

void declare_family(core::RunContext& run, core::StageGraph& graph, const RealSet& real,
                    const LabelChoice& labels, const Family& family,
                    const std::vector<std::string>& taught) {
  const core::Config& config = run.config();
  std::vector<TestedArm> tested;
  for (const std::string& arm : taught) tested.push_back({{arm, 0}, seeds_of(run, family)});
  if (config.get_string("curve.family") == family.name && taught.size() > 1) {
    std::vector<std::int64_t> seeds = seeds_of(run, family);
    const auto most = static_cast<std::size_t>(config.get_int("curve.seeds"));
    if (seeds.size() > most) seeds.resize(most);
    for (const Lesson& lesson : curve_lessons(config)) tested.push_back({lesson, seeds});
  }
  for (const TestedArm& arm : tested) {
    for (const std::int64_t seed : arm.seeds) {
      add_detector(run, graph, real, labels, family, arm.lesson, seed);
      add_test(run, graph, real, family, arm.lesson, seed);
    }
  }
  add_gaps(run, graph, real, family.name, tested);
}

void declare(core::RunContext& run, core::StageGraph& graph) {
  const core::Config& config = run.config();
  const LabelChoice labels = label_choice(config);
  const RealSet real = real_set(run);
  const std::vector<Family> all = families(run);
  const Family labeller = family(run, config.get_string("labeller.family"));
  add_real(run, graph, real);
  for (const Family& one : all) {
    if (one.pretrained_here()) add_pretraining(run, graph, one);
  }
  if (labeller.pretrained_here() && graph.find(pretraining_stage(labeller.name)) == nullptr) {
    add_pretraining(run, graph, labeller);
  }
  add_labeller(run, graph, labeller);
  add_labeller_test(run, graph, real, labeller);
  if (has_generator(config)) {
    const runner::ModelFiles base = base_model(run);
    add_generator(run, graph, real, base);
    add_pictures(run, graph, base);
    add_automatic_labels(run, graph, real, base);
    if (labels_stage(labels) == kManualStage) add_manual_labels(run, graph, labels);
    add_samples(run, graph, labels);
  }
  const std::vector<std::string> taught = arms_of(config, labels);
  for (const Family& one : all) declare_family(run, graph, real, labels, one, taught);
  if (shows_real(config)) {
    add_found(run, graph, real, all.front().name, taught.size() > 1, config.get_int("seed"));
  }
}

void summarise(core::RunContext& run, const core::FinishedStages& stages, core::Results& results) {
  const LabelChoice labels = label_choice(run.config());
  record_tests(run, stages, labels, results.metrics);
  record_labels(run, stages, labels, results.metrics);
  record_pictures(run, stages, results);
  record_throughput(run, stages, results);
  record_notes(run, stages, labels, results);
}

}  // namespace
}  // namespace ersatz::apples

ERSATZ_EXPERIMENT("apples", ersatz::apples::declare, ersatz::apples::summarise);
