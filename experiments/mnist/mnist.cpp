// Exploiting synthetic images for real-world image recognition (M. Maton, TU Delft / Aiir, 2018).
//
// Can rendered font digits, passed through a GAN that makes them look handwritten, replace or
// extend a small set of real MNIST digits? For 13 mixtures of N real and 55,000 - N font images, a
// plain CNN is trained on five sets (font, GAN, original, original+GAN, original+font) and tested
//   corrected:    on the 10,000 MNIST test images;
//   as published: on those plus the held-out tenth of the GAN digits. The published curves are of
//                 this mixed set, under the label "mnist" (README.md gives the proof).
//
// Published, corrected, error %:  N = 55: original 25.0, original+GAN 70.5; 5,500: 1.51, 3.9;
// 49,500: 0.60, 0.72; fonts alone 10-16.
//
//   make reproduce-mnist                    stand-in digits, about 4 minutes on 2 cores
//   make reproduce-mnist PROFILE=reduced    real MNIST, about 90 minutes on 2 quiet cores
//   make reproduce-mnist PROFILE=paper      the published sweep, on a GPU
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/config_checks.h"
#include "core/suggest.h"
#include "stages.h"

namespace ersatz::mnist {
namespace {

using core::Json;

std::int64_t draw_of(const core::Config& config, std::int64_t seed) {
  return (seed - config.get_int("seed")) % config.get_int("sweep.draws");
}

std::string score_name(const std::string& set, const Ratio& ratio, std::int64_t seed, bool gan) {
  std::string name = fmt::format("score/{}/{}/seed-{}", set, ratio.real_images, seed);
  if (gan) name += fmt::format("/on-gan-digits/{}", ratio.real_images);
  return name;
}

void check_settings(const core::Config& config) {
  core::int_within(config, "data.test_images", 1);
  core::int_within(config, "sweep.draws", 1, 10'000);
  const std::vector<std::string> known = {"font", "gan", "original", "original_gan",
                                          "original_font"};
  for (const std::string& set : core::distinct_strings(config, "sweep.sets")) {
    if (std::find(known.begin(), known.end(), set) == known.end()) {
      throw core::unknown_name("training set", set, known);
    }
  }
}

void declare(core::RunContext& run, core::StageGraph& graph) {
  const core::Config& config = run.config();
  check_settings(config);
  add_real_digits(run, graph);
  add_font_digits(run, graph);
  // A judge that has seen every real digit: do GAN digits still show the label they inherited?
  const std::string judge =
      add_classifier(run, graph, "all_real", {}, config.get_int("seed"), 0, "");
  for (const Ratio& ratio : ratios(config)) {
    const bool gan = gan_is_trained_at(config, ratio);
    std::map<std::int64_t, std::string> gan_digits;
    for (std::int64_t draw_index = 0; gan && draw_index < config.get_int("sweep.draws");
         ++draw_index) {
      gan_digits[draw_index] =
          add_gan_digits(run, graph, ratio, draw_index, add_gan(run, graph, ratio, draw_index));
    }
    if (gan) add_score(run, graph, judge, gan_digits.at(0));
    for (const std::string& set : config.get_strings("sweep.sets")) {
      if (uses_gan(set) && !gan) continue;
      for (const std::int64_t seed : run.seeds()) {
        const std::int64_t draw_index = draw_of(config, seed);
        const std::string digits = gan ? gan_digits.at(draw_index) : "";
        add_score(run, graph, add_classifier(run, graph, set, ratio, seed, draw_index, digits),
                  digits);
      }
    }
  }
}

void record_cell(const core::FinishedStages& stages, core::MetricTable& metrics,
                 const std::string& set, const Ratio& ratio, std::int64_t seed, bool gan) {
  const std::string corrected = fmt::format("corrected.{}.error", set);
  const std::string published = fmt::format("as_published.{}.error", set);
  const auto n = static_cast<double>(ratio.real_images);
  const std::string name = score_name(set, ratio, seed, gan);
  if (!stages.has(name)) {
    const std::string reason = stages.failure(name).value_or("its stage was not part of this run");
    metrics.not_run(corrected, n, "%", reason);
    metrics.not_run(published, n, "%", reason);
    return;
  }
  const Json& summary = stages.summary(name);
  const auto real_wrong = summary.at("real_test").at("wrong").get<double>();
  const auto real_images = summary.at("real_test").at("images").get<double>();
  metrics.add(corrected, n, seed, 100 * real_wrong / real_images, "%",
              static_cast<std::int64_t>(real_images));
  if (!gan) {
    metrics.not_run(published, n, "%",
                    "the mixed test set needs GAN digits, and no GAN is trained at this N");
    return;
  }
  const double wrong = real_wrong + summary.at("gan_test").at("wrong").get<double>();
  const double images = real_images + summary.at("gan_test").at("images").get<double>();
  metrics.add(published, n, seed, 100 * wrong / images, "%", static_cast<std::int64_t>(images));
}

void record_gan(const core::Config& config, const core::FinishedStages& stages, const Ratio& ratio,
                core::Results& results) {
  const std::int64_t seed = config.get_int("seed");
  const auto n = static_cast<double>(ratio.real_images);
  const std::string digits = fmt::format("gan-digits/{}/draw-0", ratio.real_images);
  const std::string judged =
      fmt::format("score/all_real/seed-{}/on-gan-digits/{}", seed, ratio.real_images);
  if (!stages.has(digits) || !stages.has(judged)) {
    results.metrics.not_run("gan.label_kept", n, "%",
                            stages.failure(digits).value_or("its stage was not part of this run"));
    return;
  }
  const Json& test = stages.summary(judged).at("gan_test");
  results.metrics.add("gan.label_kept", n, seed,
                      100 - 100 * test.at("wrong").get<double>() / test.at("images").get<double>(),
                      "%", test.at("images").get<std::int64_t>());
  results.pictures.push_back(
      {fmt::format("gan_rows_{}", ratio.real_images), stages.dir(digits) / "rows.png",
       fmt::format("Font digits before (in) and after (out) the GAN trained with {} real images",
                   ratio.real_images)});
}

// The median over all classifiers of the images trained on per second.
void record_throughput(core::RunContext& run, const core::FinishedStages& stages,
                       core::Results& results) {
  std::vector<double> rates;
  for (const Ratio& ratio : ratios(run.config())) {
    const bool gan = gan_is_trained_at(run.config(), ratio);
    for (const std::int64_t seed : run.seeds()) {
      const std::string name = score_name("original", ratio, seed, gan);
      if (!stages.has(name)) continue;
      rates.push_back(stages.summary(name).at("images_per_second").get<double>());
    }
  }
  if (rates.empty()) return;
  std::sort(rates.begin(), rates.end());
  results.throughput["classifier.images_per_second"] = rates[rates.size() / 2];
}

void summarise(core::RunContext& run, const core::FinishedStages& stages, core::Results& results) {
  const core::Config& config = run.config();
  for (const Ratio& ratio : ratios(config)) {
    const bool gan = gan_is_trained_at(config, ratio);
    const auto n = static_cast<double>(ratio.real_images);
    for (const std::string& set : config.get_strings("sweep.sets")) {
      if (uses_gan(set) && !gan) {
        for (const char* evaluation : {"corrected", "as_published"}) {
          results.metrics.not_run(fmt::format("{}.{}.error", evaluation, set), n, "%",
                                  "this profile trains no GAN at this N");
        }
        continue;
      }
      for (const std::int64_t seed : run.seeds()) {
        record_cell(stages, results.metrics, set, ratio, seed, gan);
      }
    }
    if (gan) record_gan(config, stages, ratio, results);
  }
  record_throughput(run, stages, results);
  if (config.get_string("data.real") != "mnist") {
    results.data_label = "stand-in data";
    results.notes.push_back(
        "Stand-in data: the \"real\" digits are drawn, not MNIST. Compare the conclusions, not the "
        "numbers, with the paper's.");
  }
  if (config.get_int("sweep.draws") == 1) {
    results.notes.push_back(
        "Replicates share one random draw of each training set, as published: the intervals show "
        "training noise and test-set noise, not draw-to-draw variation.");
  }
}

}  // namespace
}  // namespace ersatz::mnist

ERSATZ_EXPERIMENT("mnist", ersatz::mnist::declare, ersatz::mnist::summarise);
