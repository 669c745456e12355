#include "cli/eval.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "cli/launch.h"
#include "core/command_line.h"
#include "core/file_system.h"
#include "core/json.h"
#include "core/log.h"
#include "core/printable.h"
#include "data/coco/coco_reader.h"
#include "evaluate/coco/coco_evaluation.h"
#include "evaluate/coco/coco_pictures.h"
#include "report/draw_figure.h"
#include "report/precision_recall.h"
#include "runner/images/eval_labels_options.h"

namespace ersatz::cli {
namespace {

namespace fs = std::filesystem;
using core::Json;
using evaluate::CocoPictureScores;

struct CocoOptions {
  std::string truth, detections, iou = "bbox", plots;
  bool json = false, per_class = false, per_image = false;
};

// What the twelve numbers are of.
const char* const kDescriptions[12] = {"overlap 0.50:0.95",
                                       "overlap 0.50",
                                       "overlap 0.75",
                                       "small objects, below 32 x 32 px",
                                       "medium objects",
                                       "large objects, above 96 x 96 px",
                                       "1 detection per picture",
                                       "10 detections per picture",
                                       "100 detections",
                                       "small objects",
                                       "medium objects",
                                       "large objects"};

// Whole precision; -1, which means "nothing to find", stays.
Json json_of(const evaluate::CocoCurves& curves, const data::CocoGroundTruth& truth,
             const std::string& iou, std::size_t detections) {
  Json result = {{"iou", iou},
                 {"images", truth.image_ids.size()},
                 {"objects", truth.objects.size()},
                 {"detections", detections},
                 {"names", Json::array()},
                 {"stats", Json::array()}};
  for (const char* name : evaluate::coco_summary_names()) result["names"].push_back(name);
  for (const double value : evaluate::coco_summary(curves)) result["stats"].push_back(value);
  result["per_category"] = Json::array();
  for (std::size_t k = 0; k < curves.categories.size(); ++k) {
    const evaluate::CocoCategoryScores scores = evaluate::coco_category(curves, k);
    result["per_category"].push_back({{"id", curves.categories[k]},
                                      {"name", truth.categories.at(curves.categories[k])},
                                      {"AP", scores.ap},
                                      {"AP50", scores.ap50},
                                      {"AR100", scores.ar100}});
  }
  return result;
}

Json json_of(const std::vector<CocoPictureScores>& pictures, const data::CocoGroundTruth& truth) {
  Json rows = Json::array();
  for (const CocoPictureScores& scores : pictures) {
    Json row = {
        {"id", scores.image_id}, {"objects", scores.objects}, {"detections", scores.detections},
        {"right", scores.right}, {"AP", scores.ap},           {"AP50", scores.ap50}};
    const auto name = truth.names.find(scores.image_id);
    if (name != truth.names.end()) row["file_name"] = name->second;
    rows.push_back(std::move(row));
  }
  return rows;
}

// Draws the curves of all classes, and of each when asked for. Returns the figures' names.
std::vector<std::string> draw_plots(const CocoOptions& options, const evaluate::CocoCurves& curves,
                                    const data::CocoGroundTruth& truth) {
  core::make_directories(options.plots);
  std::vector<std::string> drawn;
  const auto draw = [&](const std::vector<std::size_t>& classes, const std::string& id,
                        const std::string& title) {
    const std::optional<report::Figure> figure =
        report::precision_recall_figure(curves, classes, id, title);
    if (!figure) return;
    const report::GnuplotOutcome outcome = report::draw_figure(*figure, options.plots);
    if (!outcome.drawn) {
      core::log_warning(
          fmt::format("figures are not drawn ({}); their .gp and .csv files are in {}",
                      outcome.problem, options.plots));
    }
    drawn.push_back(id);
  };
  std::vector<std::size_t> all(curves.categories.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const std::string what = options.iou == "segm" ? "masks" : "boxes";
  draw(all, "precision_recall", fmt::format("Precision over recall, {}", what));
  if (!options.per_class) return drawn;
  for (const std::size_t k : all) {
    const std::int64_t id = curves.categories[k];
    draw({k}, fmt::format("precision_recall_class_{}", id),
         fmt::format("{}: precision over recall, {}", core::printable(truth.categories.at(id), 40),
                     what));
  }
  return drawn;
}

void print(const char* name, double value, const char* description) {
  if (value < 0) {
    std::printf("  %-6s      -  %s: nothing to find\n", name, description);
  } else {
    std::printf("  %-6s %6.4f  %s\n", name, value, description);
  }
}

// A number, "-" for nothing to find.
std::string score_text(double value) {
  return value < 0 ? "      -" : fmt::format("{:7.4f}", value);
}

void print(const std::vector<CocoPictureScores>& pictures, const data::CocoGroundTruth& truth) {
  std::printf("\n  %7s %7s %7s %7s %7s %7s %7s  %s\n", "objects", "found", "right", "missed",
              "wrong", "AP", "AP50", "picture");
  for (const CocoPictureScores& scores : pictures) {
    const auto name = truth.names.find(scores.image_id);
    const std::string text =
        name == truth.names.end() ? std::to_string(scores.image_id) : core::printable(name->second);
    std::printf("  %7lld %7lld %7lld %7lld %7lld %s %s  %s\n",
                static_cast<long long>(scores.objects), static_cast<long long>(scores.detections),
                static_cast<long long>(scores.right),
                static_cast<long long>(scores.objects - scores.right),
                static_cast<long long>(scores.detections - scores.right),
                score_text(scores.ap).c_str(), score_text(scores.ap50).c_str(), text.c_str());
  }
}

int eval_coco(const CocoOptions& options) {
  const bool masks = options.iou == "segm";
  const data::CocoGroundTruth truth = data::read_coco_ground_truth(options.truth, masks);
  const std::vector<data::CocoObject> detections =
      data::read_coco_detections(options.detections, truth, masks);
  const auto shape = masks ? evaluate::CocoShape::kMask : evaluate::CocoShape::kBox;
  const evaluate::CocoCurves curves = evaluate::evaluate_coco(truth, detections, shape);
  std::vector<CocoPictureScores> pictures;
  if (options.per_image) pictures = evaluate::coco_pictures(truth, detections, shape);
  std::vector<std::string> plots;
  if (!options.plots.empty()) plots = draw_plots(options, curves, truth);
  if (options.json) {
    Json result = json_of(curves, truth, options.iou, detections.size());
    if (options.per_image) result["per_image"] = json_of(pictures, truth);
    if (!options.plots.empty()) result["plots"] = plots;
    std::printf("%s\n", result.dump(2).c_str());
    return 0;
  }
  std::printf("%zu pictures, %zu objects, %zu detections, %s\n", truth.image_ids.size(),
              truth.objects.size(), detections.size(), masks ? "masks" : "boxes");
  const auto summary = evaluate::coco_summary(curves);
  for (std::size_t i = 0; i < summary.size(); ++i) {
    print(evaluate::coco_summary_names()[i], summary[i], kDescriptions[i]);
  }
  if (options.per_class) {
    std::printf("\n  %-20s %7s %7s %7s\n", "class", "AP", "AP50", "AR100");
    for (std::size_t k = 0; k < curves.categories.size(); ++k) {
      const evaluate::CocoCategoryScores scores = evaluate::coco_category(curves, k);
      std::printf("  %-20s %s %s %s\n",
                  core::printable(truth.categories.at(curves.categories[k])).c_str(),
                  score_text(scores.ap).c_str(), score_text(scores.ap50).c_str(),
                  score_text(scores.ar100).c_str());
    }
  }
  if (options.per_image) print(pictures, truth);
  for (const std::string& name : plots) {
    std::printf("%s\n", (fs::path(options.plots) / (name + ".svg")).string().c_str());
  }
  return 0;
}

}  // namespace

Command add_eval(CLI::App& program) {
  auto options = std::make_shared<CocoOptions>();
  CLI::App* app = program.add_subcommand("eval", "Scores predictions against ground truth");
  app->require_subcommand(1);
  CLI::App* coco = app->add_subcommand("coco", "COCO's twelve numbers, equal to pycocotools");
  coco->add_option("--gt", options->truth, "Ground truth (COCO instances)")->required();
  coco->add_option("--dt", options->detections, "Detections (COCO results)")->required();
  coco->add_option("--iou", options->iou, "Overlap of bbox or segm")
      ->check(CLI::IsMember({"bbox", "segm"}))
      ->capture_default_str();
  coco->add_flag("--per-class", options->per_class, "A line per class, too");
  coco->add_flag("--per-image", options->per_image,
                 "A line per picture: found, right, missed and wrong at an overlap of 0.50, AP");
  coco->add_option("--plots", options->plots,
                   "Folder for precision over recall as SVG, PNG and CSV; of each class, too, with "
                   "--per-class");
  coco->add_flag("--json", options->json, "One JSON object, numbers in full");
  constexpr const char* kExamples =
      "Examples:\n"
      "  ersatz eval coco --gt instances.json --dt results.json\n"
      "  ersatz eval coco --gt instances.json --dt results.json --iou segm --per-class\n"
      "  ersatz eval coco --gt instances.json --dt results.json --per-image --plots curves\n"
      "  ersatz eval coco --gt instances.json --dt results.json --json | jq '.stats[0]'\n";
  app->footer(kExamples);
  coco->footer(kExamples);
  auto label_options = std::make_shared<runner::EvalLabelsCommand>();
  const CLI::App* labels = runner::add_eval_labels_options(*app, *label_options);
  return {app, [options, label_options, labels, &program]() -> int {
            if (!labels->parsed()) return eval_coco(*options);
            // Mistakes are told at once, before the program that does the work is loaded.
            runner::check_eval_labels(*label_options);
            launch_program(kImagesProgram, core::command_line_words(program));
          }};
}

}  // namespace ersatz::cli
