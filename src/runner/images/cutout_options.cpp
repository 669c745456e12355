#include "runner/images/cutout_options.h"

#include "runner/shared_options.h"

namespace ersatz::runner {
namespace {

constexpr const char* kMethod = "Method";
constexpr const char* kEdges = "Shape and edges";
constexpr const char* kOutput = "Output";

void add_method(CLI::App& app, CutoutCommand& options) {
  app.add_option("--method", options.method,
                 "white: the thing stands on white; grabcut: it lies in a box")
      ->group(kMethod)
      ->required();
  app.add_option("--tolerance", options.tolerance,
                 "white: how far a pixel may be from the background's colour")
      ->group(kMethod)
      ->check(CLI::Range(1, 128))
      ->capture_default_str();
  app.add_option("--shadow", options.shadow,
                 "white: grey pixels up to so much darker are background, too")
      ->group(kMethod)
      ->check(CLI::Range(0, 255))
      ->capture_default_str();
  auto* box =
      app.add_option("--box", options.box, "grabcut: x,y,width,height in px, in every photo")
          ->group(kMethod);
  app.add_option("--boxes", options.boxes,
                 "grabcut: boxes of each photo: a CSV file (file,x,y,width,height[,class]) or COCO "
                 "JSON")
      ->group(kMethod)
      ->excludes(box);
  app.add_option("--shape", options.shape,
                 "grabcut: box, or ellipse for round things among their like")
      ->group(kMethod)
      ->capture_default_str();
  app.add_option("--iterations", options.iterations, "grabcut: of its optimisation")
      ->group(kMethod)
      ->check(CLI::Range(1, 50))
      ->capture_default_str();
}

void add_edges(CLI::App& app, CutoutCommand& options) {
  app.add_option("--open", options.open, "Take off parts thinner than twice this, px")
      ->group(kEdges)
      ->check(CLI::Range(0, 50))
      ->capture_default_str();
  app.add_flag("--keep-holes", options.keep_holes, "What shines through stays transparent")
      ->group(kEdges);
  app.add_option("--feather", options.feather, "Softens the edge inwards, px")
      ->group(kEdges)
      ->check(CLI::Range(0.0, 50.0))
      ->capture_default_str();
}

void add_output(CLI::App& app, CutoutCommand& options) {
  app.add_option("--out", options.out,
                 "Folder for <class>/<name>.png, cutouts.json and contact_sheet.png")
      ->group(kOutput)
      ->required();
  app.add_option("--class", options.class_name,
                 "The class of all; default: the folder that a photo is in")
      ->group(kOutput);
  app.add_option("--count", options.count,
                 "Only so many photos of each folder, evenly spread over their names; 0: all")
      ->group(kOutput)
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  app.add_option("--sheet", options.sheet, "Cut-outs on the contact sheet; 0: no sheet")
      ->group(kOutput)
      ->check(CLI::Range(0, 400))
      ->capture_default_str();
  app.add_option("--threads", options.threads, "0: one per processor")
      ->group(kOutput)
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_flag("--overwrite", options.overwrite, "Replace files that were not made this way")
      ->group(kOutput);
  app.add_flag("--json", options.json, "Print cutouts.json")->group(kOutput);
  add_progress(app, options, kOutput);
}

}  // namespace

CLI::App* add_cutout_options(CLI::App& program, CutoutCommand& options) {
  CLI::App* app = program.add_subcommand(
      "cutout", "Cut things out of photos: PNG files with transparency for copy-paste");
  app->add_option("photos", options.photos,
                  "PNG and JPEG files, and folders of them (with a folder for each class)")
      ->required();
  add_method(*app, options);
  add_edges(*app, options);
  add_output(*app, options);
  app->footer(
      "Examples:\n"
      "  ersatz cutout fruits-360/Training --method white --count 10 --out cutouts\n"
      "  ersatz cutout photos/apple.jpg --method white --shadow 60 --class apple --out cutouts\n"
      "  ersatz cutout shop.jpg --method grabcut --box 120,80,90,85 --shape ellipse \\\n"
      "      --class orange --out cutouts\n"
      "  ersatz cutout photos --method grabcut --boxes boxes.csv --out cutouts\n"
      "Look at contact_sheet.png: every cut-out is shown on dark and on bright ground.\n"
      "docs/copy_paste.md has more.\n");
  return app;
}

}  // namespace ersatz::runner
