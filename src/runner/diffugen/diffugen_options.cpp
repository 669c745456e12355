#include "runner/diffugen/diffugen_options.h"

#include "runner/shared_options.h"

namespace ersatz::runner {
namespace {

constexpr const char* kModel = "Model";
constexpr const char* kSampling = "Sampling";
constexpr const char* kLabels = "Labels";
constexpr const char* kMachine = "Machine";
constexpr const char* kOutput = "Output";

void add_model(CLI::App& app, DiffuGenCommand& options) {
  app.add_option("-m,--model", options.model,
                 "Instead of the configuration's models: folder in diffusers' layout, or a file")
      ->group(kModel);
  app.add_option("--inpaint-model", options.inpaint_model,
                 "The model of inpainting; default: --model, else the configuration's")
      ->group(kModel);
  add_model_reading(app, options, kModel);
  app.add_option("--embedding", options.embedding,
                 "The textual-inversion file, instead of the configuration's")
      ->group(kModel);
}

void add_sampling(CLI::App& app, DiffuGenCommand& options) {
  app.add_option("--steps", options.steps, "Instead of the configuration's")
      ->group(kSampling)
      ->check(CLI::Range(1, 1000));
  app.add_option("--size", options.size, "WxH in pixels, instead of the configuration's")
      ->group(kSampling);
  app.add_option("--guidance", options.guidance, "Classifier-free guidance scale")
      ->group(kSampling)
      ->check(CLI::Range(0.0, 1000.0))
      ->capture_default_str();
  app.add_option("--img2img-strength", options.img2img_strength,
                 "Share of the steps that image-to-image runs, above 0 to 1")
      ->group(kSampling)
      ->capture_default_str();
  app.add_option("--inpaint-strength", options.inpaint_strength, "The same of inpainting")
      ->group(kSampling)
      ->capture_default_str();
  app.add_option("--prompt-weights", options.prompt_weights,
                 "off: prompts are taken as they are, as published; compel: word++; a1111: "
                 "(word:1.4)")
      ->group(kSampling)
      ->capture_default_str();
  app.add_option("--batch", options.batch,
                 "Pictures computed at once, for accelerators; part of the recipe: pixels may "
                 "differ by a level from those of another number")
      ->group(kSampling)
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
}

void add_labels(CLI::App& app, DiffuGenCommand& options) {
  app.add_option("--labels", options.labels,
                 "auto: as 'unsupervised' in the configuration says; attention; segmenter")
      ->group(kLabels)
      ->capture_default_str();
  app.add_option("--recipe", options.recipe,
                 "From attention to labels: published (to the letter, defects and all) or fixed")
      ->group(kLabels)
      ->capture_default_str();
  app.add_option("--word", options.words,
                 "WORD[=CLASS]: also label this word or phrase wherever a prompt has it (fixed); "
                 "may be repeated")
      ->group(kLabels)
      ->allow_extra_args(false);
  app.add_option("--segmenter", options.segmenter,
                 "Its weights, instead of the configuration's: YOLOv8-seg, or a segmenter that an "
                 "experiment trained")
      ->group(kLabels);
  app.add_option("--segmenter-classes", options.segmenter_classes,
                 "Names of its classes: a file, name,name,..., or coco; default: the "
                 "configuration's, else the file's own, or COCO's")
      ->group(kLabels);
  app.add_flag("--trust", options.trust,
               "Run the program in a TorchScript file: only if you know who wrote it")
      ->group(kLabels);
}

void add_output(CLI::App& app, DiffuGenCommand& options) {
  app.add_option("-o,--out", options.out, "Instead of the configuration's dataset_root")
      ->group(kOutput);
  app.add_option("--source", options.source,
                 "Dataset that img2img and inpaint start from, instead of source_dataset")
      ->group(kOutput);
  app.add_option("--limit", options.limit, "Only the first so many pictures of each task")
      ->group(kOutput)
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--shard", options.shard,
                 "i/n: only every n-th picture, from the i-th on (from 0), and what is made from "
                 "it; all shards write into one dataset")
      ->group(kOutput);
  app.add_flag("-n,--dry-run", options.dry_run, "Check everything, and print what would be made")
      ->group(kOutput);
  app.add_flag("--json", options.json, "Print a summary of each task as JSON")->group(kOutput);
  add_progress(app, options, kOutput);
}

}  // namespace

CLI::App* add_diffugen_run_options(CLI::App& diffugen, DiffuGenCommand& options) {
  CLI::App* app = diffugen.add_subcommand("run", "Make a configuration's dataset");
  app->add_option("config", options.config, "Configuration file (JSON)")->required();
  app->add_option("--task", options.task, "txt2img, img2img, inpaint, or all there are")
      ->capture_default_str();
  add_model(*app, options);
  add_sampling(*app, options);
  add_labels(*app, options);
  add_sampling_machine(*app, options, kMachine);
  add_output(*app, options);
  app->footer(
      "Examples:\n"
      "  ersatz diffugen run cars.json --model sd15 --labels attention --limit 8\n"
      "  ersatz diffugen run cars.json --model sd15 --inpaint-model sd15-inpaint --out data\n"
      "  ersatz diffugen run cars.json --task img2img --model sd15 --out data\n"
      "  ersatz diffugen run cars.json --model sd15 --shard 0/2 --device cuda:0 --out data\n"
      "The same command again makes only what is missing. docs/diffugen.md has more.\n");
  return app;
}

}  // namespace ersatz::runner
