// DiffuGen: labelled image datasets from Stable Diffusion (M. Shenoda, E. Kim, 2023).
//
// Pictures of cars are generated from prompts with attributes, varied by image-to-image and
// inpainting, and labelled without drawing a label: by the network's attention to the object's name
// (unsupervised), or by a segmenter (supervised). The paper looks at the labels and says that the
// supervised ones are more accurate, that the unsupervised ones are good where there are few
// objects, and that they find what no segmenter was taught. It reports no number. Here the labels
// are measured against scenes whose every pixel is known.
//
//   make reproduce-diffugen                    mini-SD and drawn scenes, minutes on 2 cores
//   make reproduce-diffugen PROFILE=paper      the published models, on a GPU
#include "brief.h"
#include "core/experiment.h"
#include "dataset.h"
#include "diversity.h"
#include "generated.h"
#include "inversion.h"
#include "model.h"
#include "names.h"
#include "records.h"
#include "scene_labels.h"
#include "scene_sets.h"
#include "sheets.h"
#include "teachers.h"
#include "use_test.h"

namespace ersatz::diffugen {
namespace {

void declare(core::RunContext& run, core::StageGraph& graph) {
  const core::Config& config = run.config();
  const bool model = has_diffusion(config);
  add_teacher(run, graph);
  const TeacherChoice segmenter = teacher(run);

  // What labels are worth, where the truth is known.
  for (const std::int64_t seed : run.seeds()) {
    for (const std::string& set : scene_sets()) {
      add_scenes(run, graph, set, seed);
      add_segmenter_labels(run, graph, set, seed, segmenter);
      if (!model) continue;
      for (const bool brief : {false, true}) add_attention_labels(run, graph, set, seed, brief);
    }
    add_scores(run, graph, seed);
  }
  add_scene_sheet(run, graph, config.get_int("seed"));
  if (!model) return;

  // DiffuGen's dataset, and what its labels are worth.
  add_judge(run, graph);
  add_dataset(run, graph);
  add_generated(run, graph, segmenter);
  add_generated_brief(run, graph);
  if (has_sample(config)) add_sample(run, graph);
  add_diversity(run, graph);
  if (has_inversion(config)) {
    add_inversion(run, graph);
    for (const std::int64_t seed : run.seeds()) add_token_labels(run, graph, seed);
  }
  if (has_fruit_inversion(config)) {
    add_fruit_judge(run, graph);
    add_fruit_inversion(run, graph);
  }
  for (const std::int64_t seed : run.seeds()) {
    for (const std::string& lesson : lessons()) add_use_test(run, graph, lesson, seed);
  }
}

void summarise(core::RunContext& run, const core::FinishedStages& stages, core::Results& results) {
  record_scenes(run, stages, results.metrics);
  record_generated(run, stages, results.metrics);
  record_diversity(run, stages, results.metrics);
  record_use_test(run, stages, results.metrics);
  record_inversion(run, stages, results);
  record_pictures(run, stages, results);
  record_throughput(run, stages, results);
  record_notes(run, stages, results);
}

}  // namespace
}  // namespace ersatz::diffugen

ERSATZ_EXPERIMENT("diffugen", ersatz::diffugen::declare, ersatz::diffugen::summarise);
