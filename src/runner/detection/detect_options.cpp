#include "runner/detection/detect_options.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/error.h"
#include "runner/shared_options.h"
#include "runner/utf8_arguments.h"

namespace ersatz::runner {
namespace {

constexpr const char* kNetwork = "Network";
constexpr const char* kSelection = "Selection";
constexpr const char* kOutput = "Output";

void add_network(CLI::App& app, DetectOptions& options) {
  app.add_option("--weights", options.weights,
                 "YOLOv8 or YOLOv8-seg by Ultralytics' names: safetensors, or a state_dict of "
                 "torch.save; TorchScript with --trust")
      ->group(kNetwork)
      ->required();
  app.add_option("--scale", options.scale, "n, s, m, l or x; default: as the weights are")
      ->group(kNetwork)
      ->check(CLI::IsMember({"n", "s", "m", "l", "x"}));
  app.add_option("--classes", options.classes,
                 "Names of its classes: a file with one on each line, name,name,..., or coco; "
                 "default: the file's own, or COCO's for 80 classes")
      ->group(kNetwork);
  app.add_flag("--trust", options.trust,
               "Run the program in a TorchScript file: only if you know who wrote it")
      ->group(kNetwork);
  app.add_option("--size", options.size, "Longer side of the network's input, px")
      ->group(kNetwork)
      ->check(CLI::Range(32, 8192))
      ->capture_default_str();
  app.add_flag("--square", options.square, "Pad to a square instead of the next multiple of 32 px")
      ->group(kNetwork);
  app.add_option("--device", options.device, "auto, cpu, cuda or cuda:N")
      ->group(kNetwork)
      ->capture_default_str();
  app.add_option("--threads", options.threads, "0: one per physical core")
      ->group(kNetwork)
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
}

void add_selection(CLI::App& app, DetectOptions& options) {
  app.add_option("--conf", options.confidence, "Scores must exceed it")
      ->group(kSelection)
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--iou", options.overlap, "Overlap above which the lesser of a class is a double")
      ->group(kSelection)
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--max", options.most, "Objects of a picture")
      ->group(kSelection)
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--only", options.only, "Only these classes, separated by commas; may be repeated")
      ->group(kSelection)
      ->delimiter(',')
      ->allow_extra_args(false);  // what follows is a picture
  app.add_flag("--no-masks", options.no_masks, "Boxes only")->group(kSelection);
  app.add_flag("--validation", options.validation,
               "As for average precision: --conf 0.001, and every class of a place counts")
      ->group(kSelection);
}

void add_output(CLI::App& app, DetectOptions& options) {
  app.add_option("-o,--out", options.out, "Folder for results.json and the dataset")
      ->group(kOutput)
      ->required();
  app.add_option("--gt", options.truth,
                 "COCO ground truth whose pictures, ids and categories results.json is to have")
      ->group(kOutput)
      ->check(CLI::ExistingFile);
  app.add_option("--format", options.format,
                 "Of the dataset besides: coco (instances.json), yolo, yolo-segment, voc or none")
      ->group(kOutput)
      ->check(CLI::IsMember({"coco", "yolo", "yolo-segment", "voc", "none"}))
      ->capture_default_str();
  app.add_flag("--draw", options.draw, "The pictures with what was found, in drawn/")
      ->group(kOutput);
  app.add_flag("--overwrite", options.overwrite, "Replace what was found with other settings")
      ->group(kOutput);
  app.add_flag("--json", options.json, "Print a JSON object instead of a line")->group(kOutput);
  add_progress(app, options, kOutput);
}

}  // namespace

CLI::App* add_detect_options(CLI::App& program, DetectOptions& options) {
  CLI::App* app = program.add_subcommand("detect", "Finds objects in pictures: boxes and masks");
  app->add_option("images", options.images, "PNG and JPEG files, and folders of them")->required();
  add_network(*app, options);
  add_selection(*app, options);
  add_output(*app, options);
  app->footer(
      "Examples:\n"
      "  ersatz detect photos --weights yolov8n-seg.safetensors --out found --draw\n"
      "  ersatz detect cars --weights yolov8l-seg.safetensors --only car,truck,bus --conf 0.45 \\\n"
      "      --out labels --format yolo-segment\n"
      "  ersatz detect val2017 --weights yolov8n.safetensors --validation --gt instances.json \\\n"
      "      --out val && ersatz eval coco --gt instances.json --dt val/results.json\n"
      "The same command again goes on where it stopped. docs/detect.md has more.\n");
  return app;
}

void check_detect(const DetectOptions& options) {
  require_utf8("--out", options.out);
  require_utf8("--weights", options.weights);
  std::error_code ignored;
  for (const std::string& path : options.images) {
    if (!std::filesystem::exists(path, ignored)) {
      throw core::Error::missing(fmt::format("there is no file or folder {}", path));
    }
  }
  if (!std::filesystem::is_regular_file(options.weights, ignored)) {
    throw core::Error::missing(fmt::format("there is no weight file {}", options.weights));
  }
  if (!options.truth.empty() &&
      (options.images.size() != 1 || !std::filesystem::is_directory(options.images[0], ignored))) {
    throw core::Error::usage("--gt goes with one folder, in which its pictures are");
  }
  if (options.size % 32 != 0) {
    throw core::Error::usage(fmt::format("--size {} is no multiple of 32", options.size),
                             fmt::format("--size {}", (options.size + 31) / 32 * 32));
  }
}

}  // namespace ersatz::runner
