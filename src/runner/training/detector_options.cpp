#include "runner/training/detector_options.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/error.h"

namespace ersatz::runner {
namespace {

constexpr const char* kData = "Data";
constexpr const char* kRecipe = "Recipe";
constexpr const char* kAugmentation = "Augmentation";

void add_data(CLI::App& app, TrainDetectorOptions& options) {
  app.add_option("--data", options.data, "Labels: a COCO file, or a YOLO or VOC folder")
      ->group(kData)
      ->required();
  app.add_option("--format", options.format, "coco, yolo or voc")
      ->group(kData)
      ->check(CLI::IsMember({"coco", "yolo", "voc"}))
      ->capture_default_str();
  app.add_option("--images", options.images, "Folder of the pictures; default: beside the labels")
      ->group(kData);
  app.add_option("--val", options.validation,
                 "Labels to validate on; default: the 'val' of a YOLO data.yaml, else none")
      ->group(kData);
  app.add_option("--val-format", options.validation_format, "Default: --format")
      ->group(kData)
      ->check(CLI::IsMember({"coco", "yolo", "voc"}));
  app.add_option("--val-images", options.validation_images, "Folder of their pictures")
      ->group(kData);
  app.add_option("--bad-labels", options.bad_labels,
                 "refuse the dataset, or leave-out what is wrong; either way all is reported")
      ->group(kData)
      ->check(CLI::IsMember({"refuse", "leave-out"}))
      ->capture_default_str();
  app.add_option("-o,--out", options.out, "Folder for weights, metrics and checkpoints")
      ->group(kData)
      ->required();
}

void add_recipe(CLI::App& app, TrainDetectorOptions& options) {
  app.add_option("--model", options.model,
                 "yolov8n, s, m, l, x; yolov5n, s, m; "
                 "retinanet_resnet18, retinanet_resnet50 and _v2 of both")
      ->group(kRecipe)
      ->capture_default_str();
  app.add_option("--weights", options.weights, "Weights to begin with; default: random ones")
      ->group(kRecipe);
  const auto count = [&](const char* name, std::int64_t& value, const char* text) {
    app.add_option(name, value, text)
        ->group(kRecipe)
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 31))
        ->capture_default_str();
  };
  count("--epochs", options.epochs, "Times that every picture is seen");
  count("--batch", options.batch, "Pictures of a batch");
  count("--accumulate", options.accumulate, "Batches of an update");
  count("--validate-every", options.validate_every, "Epochs between validations");
  count("--checkpoint-every", options.checkpoint_every, "Updates between checkpoints");
  app.add_option("--size", options.size, "Side of the network's input, px; a multiple of 32")
      ->group(kRecipe)
      ->check(CLI::Range(32, 8192))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Of weights, order and augmentation")
      ->group(kRecipe)
      ->capture_default_str();
  app.add_option("--optimiser", options.optimiser,
                 "auto (AdamW up to 10,000 updates, else SGD; with their rates), sgd or adamw")
      ->group(kRecipe)
      ->check(CLI::IsMember({"auto", "sgd", "adamw"}))
      ->capture_default_str();
  app.add_option("--lr", options.learning_rate, "First learning rate, not of auto")
      ->group(kRecipe)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--cosine", options.cosine, "Down to 1 % along half a cosine, not a line")
      ->group(kRecipe);
  app.add_option("--weight-decay", options.weight_decay)
      ->group(kRecipe)
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--warmup", options.warmup, "Epochs")
      ->group(kRecipe)
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--precision", options.type, "float32; on CUDA also bfloat16, float16 (autocast)")
      ->group(kRecipe)
      ->check(CLI::IsMember({"float32", "bfloat16", "float16"}))
      ->capture_default_str();
  app.add_flag("--freeze-norms", options.freeze_norms,
               "Normalise by the moments in --weights, as torchvision does for RetinaNet")
      ->group(kRecipe);
  app.add_option("--smallest-anchor", options.smallest_anchor, "Of RetinaNet, px")
      ->group(kRecipe)
      ->check(CLI::Range(4.0, 256.0))
      ->capture_default_str();
}

void add_augmentation(CLI::App& app, TrainDetectorOptions& options) {
  const auto add = [&](const char* name, double& value, double most, const char* text) {
    app.add_option(name, value, text)
        ->group(kAugmentation)
        ->check(CLI::Range(0.0, most))
        ->capture_default_str();
  };
  add("--mosaic", options.mosaic, 1, "Probability of four pictures in one");
  app.add_option("--close-mosaic", options.close_mosaic, "Last epochs without mosaic")
      ->group(kAugmentation)
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add("--degrees", options.degrees, 180, "Largest rotation");
  add("--translate", options.translate, 1, "Largest shift, share of the picture");
  add("--scale", options.scale, 0.99, "Gain within 1 +- this");
  add("--flip", options.flip, 1, "Probability of left for right");
  add("--vertical-flip", options.vertical_flip, 1, "Probability of top for bottom");
  app.add_option("--hsv", options.hsv, "Gains of hue, saturation, value within 1 +- these")
      ->group(kAugmentation)
      ->delimiter(',')
      ->expected(3)
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
}

}  // namespace

void add_detector_options(CLI::App& app, TrainDetectorOptions& options) {
  add_data(app, options);
  add_recipe(app, options);
  add_augmentation(app, options);
  app.add_flag("--json", options.summary_json, "Print a JSON object instead of a line");
  app.footer(
      "Examples:\n"
      "  ersatz train detector --data train.json --images train --val test.json \\\n"
      "      --val-images test --model yolov8n --size 320 --epochs 30 --out apples\n"
      "  ersatz train detector --data yolo --format yolo --model retinanet_resnet18 --out r18\n"
      "  ersatz detect photos --weights apples/best.safetensors --size 320 --out found\n"
      "The same command again continues after Ctrl-C or a crash. docs/train-detector.md has "
      "more.\n");
}

void check_detector_options(const TrainDetectorOptions& options) {
  std::error_code ignored;
  for (const std::string* path : {&options.data, &options.validation, &options.weights}) {
    if (!path->empty() && !std::filesystem::exists(*path, ignored)) {
      throw core::Error::missing(fmt::format("there is no file or folder {}", *path));
    }
  }
  if (options.size % 32 != 0) {
    throw core::Error::usage(fmt::format("--size {} is no multiple of 32", options.size),
                             fmt::format("--size {}", (options.size + 31) / 32 * 32));
  }
}

}  // namespace ersatz::runner
