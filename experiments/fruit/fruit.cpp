// Generating artificial datasets for image classification: copy-paste and Stable Diffusion
// (I. Dubits, 2023).
//
// Can a classifier of five fruits be trained on generated pictures alone? Four training sets (a few
// photographs; their cut-outs pasted on backgrounds; Stable Diffusion's pictures; half of each) and
// one set of test photographs. Published, test accuracy: few-shot 43 %, copy-paste 94.8 %, Stable
// Diffusion 82.2 %, hybrid 94.0 %, one training each (README.md says what that leaves open).
//
//   make reproduce-fruit                    drawn stand-ins and mini-SD, minutes on 2 cores
//   make reproduce-fruit PROFILE=reduced    real photographs
//   make reproduce-fruit PROFILE=paper      the published experiment, on a GPU
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/config_checks.h"
#include "core/experiment.h"
#include "generated.h"
#include "measures.h"
#include "photographs.h"
#include "sets.h"
#include "training.h"

namespace ersatz::fruit {
namespace {

void declare(core::RunContext& run, core::StageGraph& graph) {
  const core::Config& config = run.config();
  for (const char* key : {"data.classes", "data.photograph_folders", "cutouts.folders"}) {
    core::distinct_strings(config, key);
  }
  add_photographs(run, graph);
  const std::string backgrounds = add_backgrounds(run, graph);
  std::set<std::int64_t> cut_out_draws, diffusion_draws;
  for (const std::int64_t seed : run.seeds()) {
    cut_out_draws.insert(cut_out_draw(config, seed));
    diffusion_draws.insert(diffusion_draw(config, seed));
  }
  for (const std::int64_t draw : cut_out_draws) {
    add_few_shot(run, graph, draw);
    add_copy_paste(run, graph, draw, backgrounds);
  }
  if (has_diffusion(config)) {
    const DiffusionModelChoice model = diffusion_model(run);
    for (const std::int64_t draw : diffusion_draws) add_diffusion(run, graph, draw, model);
  }
  const std::string judge = add_judge(run, graph);
  add_photograph_diversity(run, graph, judge);
  for (const std::string& set : sets()) {
    if (uses_diffusion(set) && !has_diffusion(config)) continue;
    for (const std::int64_t seed : run.seeds()) {
      for (const std::int64_t epochs : core::distinct_ints(config, "classifier.epochs")) {
        add_classifier(run, graph, set, epochs, seed);
      }
      add_score(run, graph, set, seed);
      if (set != kFewShot) add_diversity(run, graph, set, seed, judge);
    }
  }
}

void summarise(core::RunContext& run, const core::FinishedStages& stages, core::Results& results) {
  for (const std::string& set : sets()) record_set(run, stages, set, results.metrics);
  record_hybrid_gain(run, stages, results.metrics);
  record_pictures(run, stages, results);
  record_throughput(run, stages, results);
  record_notes(run, results);
}

}  // namespace
}  // namespace ersatz::fruit

ERSATZ_EXPERIMENT("fruit", ersatz::fruit::declare, ersatz::fruit::summarise);
