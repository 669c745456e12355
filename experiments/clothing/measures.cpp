#include "measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "arms.h"
#include "evaluate/diversity.h"
#include "evaluate/frechet_distance.h"
#include "evaluate/kernel_distance.h"
#include "evaluate/nearest_images.h"
#include "evaluate/statistics.h"
#include "gan.h"
#include "generate/conditional_gan/class_samples.h"
#include "grids.h"
#include "judge.h"
#include "picture_sets.h"

namespace ersatz::clothing {
namespace {

namespace fs = std::filesystem;
using core::Json;

// A generated picture counts as near when it is nearer to a training picture than all but this
// share of the real test pictures are.
constexpr double kNearShare = 0.05;

evaluate::KernelDistanceOptions kernel_options(const core::Config& config) {
  evaluate::KernelDistanceOptions options;
  options.subsets = config.get_int("kernel_distance.subsets");
  options.subset_size = config.get_int("kernel_distance.subset_size");
  options.seed = static_cast<std::uint64_t>(config.get_int("seed"));
  return options;
}

Json distances(const Judged& judged, const Judged& real, const core::Config& config) {
  const evaluate::KernelDistance kernel =
      evaluate::kernel_distance(judged.features, real.features, real.width, kernel_options(config));
  return {
      {"frechet", evaluate::frechet_distance(evaluate::fit_gaussian(judged.features, judged.width),
                                             evaluate::fit_gaussian(real.features, real.width))},
      {"kernel", kernel.mean},
      {"kernel_sd", kernel.sd}};
}

double variance_within_classes(const Judged& judged, const data::LabelledImages& images) {
  return evaluate::feature_variance(judged.features, judged.width, images.labels).within_class;
}

// The first pictures of every class.
data::LabelledImages first_of_each(const data::LabelledImages& images, std::int64_t per_class) {
  std::vector<std::int64_t> taken(256, 0), indices;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (taken[images.labels[i]]++ < per_class) indices.push_back(static_cast<std::int64_t>(i));
  }
  return data::select(images, indices);
}

struct Nearness {
  Json numbers;
  std::vector<std::size_t> nearest;
};

Nearness nearness(const data::LabelledImages& made, const data::LabelledImages& training,
                  const data::LabelledImages& test) {
  evaluate::NearestImages own =
      evaluate::nearest_images(made.pixels, training.pixels, training.image_bytes());
  const std::vector<double> real =
      evaluate::nearest_images(test.pixels, training.pixels, training.image_bytes()).distances;
  const double near = evaluate::sample_quantile(real, kNearShare);
  const auto count = std::count_if(own.distances.begin(), own.distances.end(),
                                   [&](double distance) { return distance < near; });
  const double median = evaluate::sample_quantile(own.distances, 0.5);
  return {{{"count", made.size()},
           {"median", median},
           {"ratio", median / evaluate::sample_quantile(real, 0.5)},
           {"near", count}},
          std::move(own.nearest)};
}

}  // namespace

std::string real_measures_stage(const std::string& pictures) {
  return "measures/real/" + fs::path(pictures).filename().string();
}

std::string progress_stage(std::int64_t seed) { return fmt::format("progress/seed-{}", seed); }

std::string add_measures(core::RunContext& run, core::StageGraph& graph, const std::string& arm,
                         std::int64_t seed) {
  const core::Config& config = run.config();
  const std::string pictures = pictures_of(arm), samples = samples_stage(arm, seed);
  core::StageSpec spec;
  spec.name = measures_stage(arm, seed);
  spec.kind = "measures";
  spec.inputs = {pictures, samples, kJudge};
  spec.config =
      config.slice({"kernel_distance.", "memorisation.", "samples.shown", "data.classes", "seed"});
  if (arm == kHalfData) spec.config.update(config.slice({"comparison.share"}));
  spec.config["half"] = arm == kHalfData;
  spec.work = 1;
  spec.seconds_per_work = 5;
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    const auto classes = config.get_strings("data.classes");
    const data::LabelledImages balanced = read_set(stage.input(samples) / "balanced");
    const data::LabelledImages matched = read_set(stage.input(samples) / "matched");
    const data::LabelledImages real = read_set(stage.input(pictures) / "train");
    const data::LabelledImages test = read_set(stage.input(pictures) / "test");
    const Judged judged = judge_pictures(stage, matched, device);
    const Judged real_judged = judge_pictures(stage, real, device);
    Json summary = {
        {"recognised",
         agreement(balanced, judge_pictures(stage, balanced, device).predictions, classes)}};
    summary.update(distances(judged, real_judged, config));
    summary["diversity"] =
        variance_within_classes(judged, matched) / variance_within_classes(real_judged, real);
    const data::LabelledImages shown =
        first_of_each(balanced, config.get_int("memorisation.per_class"));
    const data::LabelledImages trained_on = training_set(config, arm, stage.input(pictures));
    const Nearness near = nearness(shown, trained_on, test);
    summary["nearest"] = near.numbers;
    write_nearest_grid(stage.dir() / "nearest.png", shown, trained_on, near.nearest, classes,
                       config.get_int("samples.shown"));
    return summary;
  };
  return graph.add(std::move(spec));
}

std::string add_real_measures(core::RunContext& run, core::StageGraph& graph,
                              const std::string& pictures) {
  const core::Config& config = run.config();
  core::StageSpec spec;
  spec.name = real_measures_stage(pictures);
  spec.kind = "real-measures";
  spec.inputs = {pictures, kJudge};
  spec.config = config.slice({"kernel_distance.", "seed"});
  spec.work = 1;
  spec.seconds_per_work = 3;
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    const data::LabelledImages real = read_set(stage.input(pictures) / "train");
    const data::LabelledImages test = read_set(stage.input(pictures) / "test");
    const Judged real_judged = judge_pictures(stage, real, device);
    const Judged test_judged = judge_pictures(stage, test, device);
    Json summary = distances(test_judged, real_judged, config);
    summary["diversity"] =
        variance_within_classes(test_judged, test) / variance_within_classes(real_judged, real);
    return summary;
  };
  return graph.add(std::move(spec));
}

std::string add_progress(core::RunContext& run, core::StageGraph& graph, std::int64_t seed) {
  const core::Config& config = run.config();
  const std::string gan = gan_stage(kArticle, seed);
  const std::vector<std::int64_t> epochs = snapshot_epochs(config);
  core::StageSpec spec;
  spec.name = progress_stage(seed);
  spec.kind = "progress";
  spec.inputs = {kOriginal, gan, kJudge};
  spec.config = config.slice({"gan.snapshots", "kernel_distance.", "data.classes", "seed"});
  spec.config["sampling_seed"] = seed;
  spec.work = static_cast<double>(epochs.size());
  spec.seconds_per_work = 5;
  spec.body = [=, config = config, device = run.device()](core::StageContext& stage) {
    const data::LabelledImages real = read_set(stage.input(kOriginal) / "train");
    const Judged real_judged = judge_pictures(stage, real, device);
    generate::ClassSampleOptions options;
    options.seed = static_cast<std::uint64_t>(seed);
    options.device = device;
    Json summary = Json::array();
    for (const std::int64_t epoch : epochs) {
      const data::LabelledImages made =
          generate::sample_classes(snapshot_file(stage.input(gan), epoch), real.labels, options);
      const Judged judged = judge_pictures(stage, made, device);
      Json line = {
          {"epoch", epoch},
          {"recognised", agreement(made, judged.predictions, config.get_strings("data.classes"))}};
      line.update(distances(judged, real_judged, config));
      summary.push_back(line);
    }
    return Json{{"snapshots", summary}};
  };
  return graph.add(std::move(spec));
}

}  // namespace ersatz::clothing
