// Synthetic image data generation: a conditional GAN for pictures of clothes.
//
// An article shows 28 x 28 grey pictures of ten kinds of clothes, made by a conditional GAN that it
// trained on some 3,000 photographs, and says what would make them better. It measures nothing.
// Here the same pictures are made and looked at with numbers (does a classifier recognise them? how
// far are they from real ones? are they copies? is a classifier the better for them?), and the two
// proposals are tested.
//
//   make reproduce-clothing                    drawn garments, minutes on 2 cores
//   make reproduce-clothing PROFILE=paper      the article's photographs and networks, 100 epochs
#include <fmt/format.h>

#include <string>
#include <vector>

#include "arms.h"
#include "core/config_checks.h"
#include "core/experiment.h"
#include "gan.h"
#include "judge.h"
#include "measures.h"
#include "picture_sets.h"
#include "pictures.h"
#include "records.h"
#include "use_test.h"

namespace ersatz::clothing {
namespace {

bool compares_foregrounds(const core::Config& config) {
  for (const std::string& arm : comparison_arms(config)) {
    if (arm == kForeground) return true;
  }
  return false;
}

void declare(core::RunContext& run, core::StageGraph& graph) {
  const core::Config& config = run.config();
  core::distinct_strings(config, "data.classes");
  std::vector<std::string> pictures = {add_pictures(run, graph, false)};
  if (compares_foregrounds(config)) pictures.push_back(add_pictures(run, graph, true));
  add_judge(run, graph, pictures);
  for (const std::string& set : pictures) add_real_measures(run, graph, set);

  // The article's GAN.
  for (const std::int64_t seed : article_seeds(config, run.seeds())) {
    add_gan(run, graph, kArticle, seed);
    add_progress(run, graph, seed);
    add_samples(run, graph, kArticle, seed);
    add_measures(run, graph, kArticle, seed);
  }
  // Are its pictures of use?
  for (const std::int64_t seed : run.seeds()) {
    add_use_test(run, graph, {-1, true, kArticle}, seed);
    for (const std::int64_t size : real_sizes(config)) {
      add_use_test(run, graph, {size, false, kArticle}, seed);
      add_use_test(run, graph, {size, true, kArticle}, seed);
    }
  }
  // Its two proposals.
  for (const std::string& arm : comparison_arms(config)) {
    for (const std::int64_t seed : run.seeds()) {
      add_gan(run, graph, arm, seed);
      add_samples(run, graph, arm, seed);
      add_measures(run, graph, arm, seed);
      add_use_test(run, graph, {-1, true, arm}, seed);
      if (arm != kHalfData) continue;
      add_use_test(run, graph, {-1, false, arm, true}, seed);
      add_use_test(run, graph, {-1, true, arm, true}, seed);
    }
  }
}

void summarise(core::RunContext& run, const core::FinishedStages& stages, core::Results& results) {
  record_arm(run, stages, kArticle, kArticle, results.metrics);
  record_confusion(run, stages, results.metrics);
  record_real(run, stages, results.metrics);
  record_progress(run, stages, results.metrics);
  record_training_curves(run, stages, results.metrics);
  record_use_test(run, stages, results.metrics);
  for (const std::string& arm : comparison_arms(run.config())) {
    record_arm(run, stages, arm, fmt::format("comparison.{}", arm), results.metrics);
  }
  record_left_out(run, results.metrics);
  record_pictures(run, stages, results);
  record_throughput(run, stages, results);
  record_notes(run, stages, results);
}

}  // namespace
}  // namespace ersatz::clothing

ERSATZ_EXPERIMENT("clothing", ersatz::clothing::declare, ersatz::clothing::summarise);
