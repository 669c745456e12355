#include "runner/labelling/label_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/suggest.h"
#include "runner/shared_options.h"
#include "runner/utf8_arguments.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Error;

constexpr const char* kDaam = "Attention (--method daam)";
constexpr const char* kSegmenter = "Segmenter (--method segmenter)";
constexpr const char* kOutput = "Output";

void add_daam(CLI::App& app, LabelCommand& options) {
  app.add_option("-m,--model", options.model,
                 "Diffusion model that looks at the pictures; without one, heat maps that lie "
                 "beside them are used")
      ->group(kDaam);
  app.add_option("--tokenizer", options.tokenizer, "For models without one")->group(kDaam);
  app.add_option("--embedding", options.embedding, "Textual inversion: FILE or FILE=<token>")
      ->group(kDaam);
  app.add_option("--prompt", options.prompt,
                 "What the pictures show, with the words of the classes; default: the prompt they "
                 "were made from, or 'a photo of a WORD' where there is one class")
      ->group(kDaam);
  app.add_option("--recipe", options.recipe, "From heat map to labels: published or fixed")
      ->group(kDaam)
      ->check(CLI::IsMember({"published", "fixed"}))
      ->capture_default_str();
  app.add_option("--looks", options.looks, "Timesteps at which the model looks at a picture")
      ->group(kDaam)
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--least-noise", options.least_noise, "The first of them, as a share of all")
      ->group(kDaam)
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--most-noise", options.most_noise, "The last of them")
      ->group(kDaam)
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_flag("--normalise", options.normalise,
               "Count a word's share of the attention among the prompt's words, not its amount "
               "(for brief prompts)")
      ->group(kDaam);
  app.add_option("--seed", options.seed, "Of the noise")->group(kDaam)->capture_default_str();
  app.add_option("--batch", options.batch, "Pictures looked at together")
      ->group(kDaam)
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--dtype", options.dtype, "What is computed in: fp32, fp16, bf16, auto")
      ->group(kDaam)
      ->check(CLI::IsMember({"auto", "fp32", "fp16", "bf16"}))
      ->capture_default_str();
}

void add_segmenter(CLI::App& app, LabelCommand& options) {
  app.add_option("--weights", options.weights,
                 "YOLOv8-seg by Ultralytics' names, or a segmenter that an experiment trained")
      ->group(kSegmenter);
  app.add_option("--network-classes", options.network_classes,
                 "Names of its classes: a file, name,name,..., or coco; default: the file's own, "
                 "or COCO's for 80 classes")
      ->group(kSegmenter);
  app.add_option("--conf", options.confidence, "Scores must exceed it")
      ->group(kSegmenter)
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--iou", options.overlap, "Overlap above which the lesser of a class is a double")
      ->group(kSegmenter)
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--size", options.size, "Longer side of the network's input, px")
      ->group(kSegmenter)
      ->check(CLI::Range(32, 8192))
      ->capture_default_str();
  app.add_flag("--trust", options.trust,
               "Run the program in a TorchScript file: only if you know who wrote it")
      ->group(kSegmenter);
}

void add_output(CLI::App& app, LabelCommand& options) {
  app.add_option("-o,--out", options.out, "Folder for the labelled dataset")
      ->group(kOutput)
      ->required();
  app.add_option("--format", options.format,
                 "coco (instances.json), yolo, yolo-segment, voc, diffugen, imagefolder, croissant "
                 "or label-studio")
      ->group(kOutput)
      ->check(CLI::IsMember({"coco", "yolo", "yolo-segment", "voc", "diffugen", "imagefolder",
                             "croissant", "label-studio"}))
      ->capture_default_str();
  app.add_flag("--draw", options.draw, "The pictures with their labels, in drawn/")->group(kOutput);
  app.add_option("--device", options.device, "auto, cpu, cuda or cuda:N")
      ->group(kOutput)
      ->capture_default_str();
  app.add_option("--threads", options.threads, "0: one per physical core")
      ->group(kOutput)
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_flag("--overwrite", options.overwrite, "Replace labels made with other settings")
      ->group(kOutput);
  app.add_flag("--json", options.json, "Print a JSON object instead of a line")->group(kOutput);
  add_progress(app, options, kOutput);
}

std::vector<LabelClass> classes_of(const LabelCommand& options) {
  std::vector<LabelClass> classes;
  for (const std::string& text : options.classes) {
    const std::size_t equals = text.find('=');
    LabelClass next{text.substr(0, equals),
                    equals == std::string::npos ? text : text.substr(equals + 1)};
    if (next.name.empty() || next.found_as.empty()) {
      throw Error::usage(fmt::format("--classes: '{}' is neither CLASS nor CLASS=FOUND_AS", text));
    }
    for (const LabelClass& other : classes) {
      if (other.name == next.name) {
        throw Error::usage(fmt::format("--classes: '{}' is there twice", next.name));
      }
    }
    classes.push_back(std::move(next));
  }
  return classes;
}

void require_there(const std::string& path, const char* what) {
  std::error_code ignored;
  if (!fs::exists(path, ignored))
    throw Error::missing(fmt::format("there is no {} {}", what, path));
}

}  // namespace

CLI::App* add_label_options(CLI::App& program, LabelCommand& options) {
  CLI::App* app = program.add_subcommand(
      "label", "Labels pictures by a diffusion model's attention or by a segmenter");
  app->add_option("pictures", options.pictures,
                  "PNG and JPEG files, folders of them, what `ersatz generate` wrote, or a task's "
                  "folder of `ersatz diffugen run`")
      ->required();
  app->add_option("--method", options.method,
                  "daam: attention; segmenter: a network that was "
                  "taught")
      ->required()
      ->check(CLI::IsMember({"daam", "segmenter"}));
  app->add_option("--classes", options.classes,
                  "Classes of the dataset, separated by commas; CLASS=WORD of the prompt (daam), "
                  "CLASS=CLASS of the network (segmenter); may be repeated")
      ->delimiter(',')
      ->allow_extra_args(false)  // what follows is a picture
      ->required();
  add_daam(*app, options);
  add_segmenter(*app, options);
  add_output(*app, options);
  app->footer(
      "Examples:\n"
      "  ersatz label photos --method segmenter --weights yolov8n-seg.safetensors \\\n"
      "      --classes car,pickup=truck --out labels --draw\n"
      "  ersatz label photos --method daam --model sd15 --prompt 'a photo of a dog on a sofa' \\\n"
      "      --classes dog,sofa --out labels\n"
      "  ersatz label data/cars/txt2img --method daam --recipe published --classes car,suv \\\n"
      "      --out relabelled\n"
      "  ersatz eval labels --gt instances.json --pred labels/instances.json\n"
      "The same command again goes on where it stopped. docs/label.md has more.\n");
  return app;
}

std::vector<LabelClass> check_label(const LabelCommand& options) {
  for (const std::string& path : options.pictures) require_there(path, "file or folder");
  for (const std::string& text : options.classes) require_utf8("--classes", text);
  require_utf8("--prompt", options.prompt);
  require_utf8("--embedding", options.embedding);
  require_utf8("--weights", options.weights);
  require_utf8("--out", options.out);
  std::vector<LabelClass> classes = classes_of(options);
  if (options.method == "segmenter") {
    if (options.weights.empty()) {
      throw Error::usage("--method segmenter needs a network", "--weights FILE");
    }
    require_there(options.weights, "weight file");
    if (!options.model.empty() || !options.prompt.empty() || options.normalise) {
      throw Error::usage("--model, --prompt and --normalise are for --method daam");
    }
    if (options.size % 32 != 0) {
      throw Error::usage(fmt::format("--size {} is no multiple of 32", options.size),
                         fmt::format("--size {}", (options.size + 31) / 32 * 32));
    }
    return classes;
  }
  if (!options.weights.empty()) throw Error::usage("--weights is for --method segmenter");
  if (!options.model.empty()) require_there(options.model, "model");
  if (options.model.empty() && !options.prompt.empty()) {
    throw Error::usage("--prompt without a model that reads it", "--model DIR");
  }
  if (options.model.empty() && options.normalise) {
    throw Error::usage("--normalise without a model: kept maps do not have the other words",
                       "--model DIR");
  }
  if (options.least_noise > options.most_noise) {
    throw Error::usage(fmt::format("--least-noise {} is above --most-noise {}", options.least_noise,
                                   options.most_noise));
  }
  return classes;
}

}  // namespace ersatz::runner
