#include "runner/images/export_options.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/error.h"

namespace ersatz::runner {

namespace fs = std::filesystem;

const std::vector<std::string>& export_formats() {
  static const std::vector<std::string> formats = {"coco",      "yolo",        "yolo-segment",
                                                   "voc",       "diffugen",    "imagefolder",
                                                   "croissant", "label-studio"};
  return formats;
}

CLI::App* add_export_options(CLI::App& program, ExportCommand& options) {
  CLI::App* app =
      program.add_subcommand("export", "Labelled datasets from one format into another");
  app->add_option("input", options.input, "File (coco; label-studio, too) or folder (the others)")
      ->required();
  app->add_option("--from", options.from,
                  "Its format: " + fmt::format("{}", fmt::join(export_formats(), ", ")))
      ->required()
      ->check(CLI::IsMember(export_formats()));
  app->add_option("--to", options.to, "Format to write")
      ->required()
      ->check(CLI::IsMember(export_formats()));
  app->add_option("-o,--out", options.out, "File (coco) or folder (the others) to write")
      ->required();
  app->add_option("--images", options.images,
                  "Folder of the pictures; default: 'images' beside the labels");
  app->add_option("--pictures", options.pictures,
                  "What is done with the pictures: none, copy, or link (symbolically)")
      ->check(CLI::IsMember({"none", "copy", "link"}))
      ->capture_default_str();
  app->add_flag("--overwrite", options.overwrite, "Into a folder that holds something");
  app->add_flag("--json", options.json, "Print a JSON object instead of a line");
  app->add_flag("-q,--quiet", options.quiet, "Only warnings");
  app->footer(
      "Examples:\n"
      "  ersatz export instances.json --from coco --to yolo --images val2017 --out yolo\n"
      "  ersatz export yolo --from yolo-segment --to coco --out instances.json\n"
      "  ersatz export yolo --from yolo --to voc --out voc --pictures copy\n"
      "  ersatz export out/cars/txt2img --from diffugen --to imagefolder --out hf --pictures copy\n"
      "Boxes stay within half a pixel; VOC has no outlines, YOLO no scores.\n");
  return app;
}

void check_export(const ExportCommand& options) {
  std::error_code ignored;
  const fs::path input = options.input, out = options.out;
  if (!fs::exists(input, ignored)) {
    throw core::Error::missing(fmt::format("there is no {}", input.string()));
  }
  const bool is_file = options.from == "coco";
  const bool may_be_either = options.from == "label-studio";
  if (!may_be_either && is_file == fs::is_directory(input, ignored)) {
    throw core::Error::usage(fmt::format("{} is a {}: {} is a {}", input.string(),
                                         is_file ? "folder" : "file", options.from,
                                         is_file ? "file" : "folder"));
  }
  const bool to_file = options.to == "coco";
  if (fs::exists(out, ignored) && !options.overwrite &&
      (to_file || !fs::is_directory(out, ignored) || !fs::is_empty(out, ignored))) {
    throw core::Error::usage(fmt::format("{} is there already", out.string()),
                             "another name, or --overwrite");
  }
  if (to_file && options.pictures != "none") {
    throw core::Error::usage("coco is one file: there is no folder for pictures",
                             "--pictures none");
  }
}

}  // namespace ersatz::runner
