#include "runner/images/copy_paste_options.h"

#include "runner/shared_options.h"

namespace ersatz::runner {
namespace {

constexpr const char* kPictures = "Pictures";
constexpr const char* kMaking = "Making";
constexpr const char* kVariation = "Mode roboflow";
constexpr const char* kOutput = "Output";

void add_pictures(CLI::App& app, CopyPasteCommand& options) {
  app.add_option("--masks", options.masks,
                 "Folder with a folder of PNG cut-outs, with transparency, for each class")
      ->group(kPictures)
      ->required();
  app.add_option("--backgrounds", options.backgrounds, "Folder of PNG and JPEG pictures")
      ->group(kPictures)
      ->required();
  app.add_option("--classes", options.classes, "Only these classes, separated by commas")
      ->group(kPictures)
      ->delimiter(',');
  app.add_option("--masks-per-class", options.masks_per_class,
                 "Use only so many cut-outs of each class, drawn by the seed; 0: all")
      ->group(kPictures)
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
}

void add_making(CLI::App& app, CopyPasteCommand& options) {
  app.add_option("--mode", options.mode,
                 "native: cut-outs as they are; published: the same, and cuts off what is larger "
                 "than its background; roboflow: cut-outs varied")
      ->group(kMaking)
      ->capture_default_str();
  app.add_option("--count", options.count, "Images of each class")
      ->group(kMaking)
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--max-per-image", options.max_per_image,
                 "The most cut-outs of an image; 0: as many as the class has")
      ->group(kMaking)
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Image i of a class depends on this, the class and i")
      ->group(kMaking)
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--threads", options.threads, "0: one per processor; does not change the images")
      ->group(kMaking)
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
}

void add_variation(CLI::App& app, CopyPasteCommand& options) {
  app.add_option("--scale", options.scale, "LO:HI, drawn uniformly; default 0.5:1.5")
      ->group(kVariation);
  app.add_option("--scale-of", options.scale_of,
                 "native: of the cut-out's own size (default); background: 1 makes its longer side "
                 "as long as the background's shorter side")
      ->group(kVariation);
  app.add_option("--rotation", options.rotation, "Degrees to either side; default 180")
      ->group(kVariation);
  app.add_option("--flip-horizontal", options.flip_horizontal, "Probability; default 0.5")
      ->group(kVariation);
  app.add_option("--flip-vertical", options.flip_vertical, "Probability; default 0.5")
      ->group(kVariation);
  app.add_option("--feather", options.feather, "Softens the edges inwards, px; default 1")
      ->group(kVariation);
  app.add_option("--brightness", options.brightness, "Factors 1 +- this; default 0.2")
      ->group(kVariation);
  app.add_option("--contrast", options.contrast, "Factors 1 +- this; default 0.2")
      ->group(kVariation);
  app.add_option("--saturation", options.saturation, "Factors 1 +- this; default 0.2")
      ->group(kVariation);
  app.add_option("--hue", options.hue, "Turns of the colour circle, +- this; default 0.02")
      ->group(kVariation);
}

void add_output(CLI::App& app, CopyPasteCommand& options) {
  app.add_option("--out", options.out, "Folder for images/, annotations/ and the recipe")
      ->group(kOutput)
      ->required();
  app.add_option("--format", options.format, "png or jpeg")->group(kOutput)->capture_default_str();
  app.add_option("--quality", options.quality, "Of JPEG")
      ->group(kOutput)
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--shard", options.shard,
                 "i/n: only images k with k mod n = i (i from 0); all shards share --out")
      ->group(kOutput);
  app.add_flag("-n,--dry-run", options.dry_run, "Check everything, and print the recipe")
      ->group(kOutput);
  app.add_flag("--json", options.json, "Print the summary as JSON")->group(kOutput);
  add_progress(app, options, kOutput);
}

}  // namespace

CLI::App* add_copy_paste_options(CLI::App& program, CopyPasteCommand& options) {
  CLI::App* app = program.add_subcommand(
      "copy-paste", "Make a data set by pasting cut-outs on backgrounds, with masks and boxes");
  add_pictures(*app, options);
  add_making(*app, options);
  add_variation(*app, options);
  add_output(*app, options);
  app->footer(
      "Examples:\n"
      "  ersatz copy-paste --masks cutouts --backgrounds photos --out set\n"
      "                                   200 images of each class, as in the fruit paper\n"
      "  ersatz copy-paste --masks cutouts --backgrounds photos --masks-per-class 5 --seed 1 \\\n"
      "      --count 1000 --out set\n"
      "  ersatz copy-paste --masks cutouts --backgrounds photos --mode roboflow \\\n"
      "      --scale 0.2:0.5 --scale-of background --format jpeg --out set\n"
      "  ersatz copy-paste --masks cutouts --backgrounds photos --out set --shard 0/2\n"
      "                                   one of two machines' half\n"
      "The same command again makes only what is missing. docs/copy_paste.md has more.\n");
  return app;
}

}  // namespace ersatz::runner
