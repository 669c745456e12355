#include "cli/eval.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include "cli/launch.h"
#include "core/command_line.h"
#include "core/json.h"
#include "data/coco/coco_reader.h"
#include "evaluate/coco/coco_evaluation.h"
#include "runner/images/eval_labels_options.h"

namespace ersatz::cli {
namespace {

using core::Json;

struct CocoOptions {
  std::string truth, detections, iou = "bbox";
  bool json = false, per_class = false;
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

void print(const char* name, double value, const char* description) {
  if (value < 0) {
    std::printf("  %-6s      -  %s: nothing to find\n", name, description);
  } else {
    std::printf("  %-6s %6.4f  %s\n", name, value, description);
  }
}

int eval_coco(const CocoOptions& options) {
  const bool masks = options.iou == "segm";
  const data::CocoGroundTruth truth = data::read_coco_ground_truth(options.truth, masks);
  const std::vector<data::CocoObject> detections =
      data::read_coco_detections(options.detections, truth, masks);
  const evaluate::CocoCurves curves = evaluate::evaluate_coco(
      truth, detections, masks ? evaluate::CocoShape::kMask : evaluate::CocoShape::kBox);
  if (options.json) {
    std::printf("%s\n", json_of(curves, truth, options.iou, detections.size()).dump(2).c_str());
    return 0;
  }
  std::printf("%zu pictures, %zu objects, %zu detections, %s\n", truth.image_ids.size(),
              truth.objects.size(), detections.size(), masks ? "masks" : "boxes");
  const auto summary = evaluate::coco_summary(curves);
  for (std::size_t i = 0; i < summary.size(); ++i) {
    print(evaluate::coco_summary_names()[i], summary[i], kDescriptions[i]);
  }
  if (!options.per_class) return 0;
  std::printf("\n  %-20s %7s %7s %7s\n", "class", "AP", "AP50", "AR100");
  for (std::size_t k = 0; k < curves.categories.size(); ++k) {
    const evaluate::CocoCategoryScores scores = evaluate::coco_category(curves, k);
    std::printf("  %-20s %7.4f %7.4f %7.4f\n", truth.categories.at(curves.categories[k]).c_str(),
                scores.ap, scores.ap50, scores.ar100);
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
  coco->add_flag("--json", options->json, "One JSON object, numbers in full");
  constexpr const char* kExamples =
      "Examples:\n"
      "  ersatz eval coco --gt instances.json --dt results.json\n"
      "  ersatz eval coco --gt instances.json --dt results.json --iou segm --per-class\n"
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
