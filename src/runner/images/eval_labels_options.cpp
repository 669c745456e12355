#include "runner/images/eval_labels_options.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/error.h"
#include "runner/images/export_options.h"

namespace ersatz::runner {

CLI::App* add_eval_labels_options(CLI::App& eval, EvalLabelsCommand& options) {
  CLI::App* app = eval.add_subcommand(
      "labels", "How good labels are: masks, precision and recall, AP, calibration of scores");
  const std::string formats = fmt::format("{}", fmt::join(export_formats(), ", "));
  app->add_option("--gt", options.truth, "Labels known to be true: a dataset of any format")
      ->required();
  app->add_option("--pred", options.labels, "Labels to judge, of the same pictures")->required();
  app->add_option("--format-gt", options.truth_format,
                  "Format of --gt, if it cannot be told: " + formats)
      ->check(CLI::IsMember(export_formats()));
  app->add_option("--format-pred", options.labels_format, "The same of --pred")
      ->check(CLI::IsMember(export_formats()));
  app->add_option("--shape", options.shape, "Whether a label is right is told by its mask or box")
      ->check(CLI::IsMember({"mask", "box"}))
      ->capture_default_str();
  app->add_option("--overlap", options.overlap,
                  "Intersection over union from which a label is right")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app->add_option("--confidence", options.confidence, "Leave out labels of lower scores")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app->add_option("--bins", options.bins, "Of scores, for calibration")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app->add_option("--map", options.renamed,
                  "PRED=GT: this class of --pred counts as that of --gt; may be repeated")
      ->allow_extra_args(false);
  app->add_flag("--any-class", options.any_class, "What an object is called does not matter");
  app->add_flag("--json", options.json, "One JSON object, numbers in full");
  app->footer(
      "Examples:\n"
      "  ersatz eval labels --gt instances.json --pred data/cars/txt2img\n"
      "  ersatz eval labels --gt cvat_coco.json --pred yolo --format-pred yolo-segment --json\n"
      "  ersatz eval labels --gt voc --pred found/instances.json --shape box --map truck=pickup\n"
      "Pictures belong together by their paths below the folders of pictures.\n");
  return app;
}

void check_eval_labels(const EvalLabelsCommand& options) {
  std::error_code ignored;
  for (const std::string& path : {options.truth, options.labels}) {
    if (!std::filesystem::exists(path, ignored)) {
      throw core::Error::missing(fmt::format("there is no {}", path));
    }
  }
  if (options.overlap == 0) throw core::Error::usage("--overlap 0: every label would be right");
  for (const std::string& pair : options.renamed) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size()) {
      throw core::Error::usage(fmt::format("--map {} is not PRED=GT", pair));
    }
  }
}

}  // namespace ersatz::runner
