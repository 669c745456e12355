#include "runner/training/train_options.h"

#include <fmt/format.h>

namespace ersatz::runner {
namespace {

constexpr const char* kMachine = "Machine and run";

void add_machine(CLI::App& app, TrainOptions& options) {
  app.add_option("--device", options.device, "auto, cpu, cuda or cuda:N")
      ->capture_default_str()
      ->group(kMachine);
  app.add_option("--threads", options.threads, "Compute threads; 0: one per physical core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str()
      ->group(kMachine);
  app.add_option("--time-limit", options.time_limit,
                 "Stop resumably after this many seconds (exit 130)")
      ->check(CLI::NonNegativeNumber)
      ->group(kMachine);
  app.add_option("--progress", options.progress, "auto, bar, plain, json or none")
      ->capture_default_str()
      ->group(kMachine);
  app.add_flag("-q,--quiet", options.quiet, "Only warnings and the result")->group(kMachine);
}

void add_plan(CLI::App& app, TrainOptions& options) {
  app.add_option("--from", options.from,
                 "Run again the stages whose name starts with this, and what follows");
  app.add_option("--only", options.only,
                 "Only the stages whose name starts with this, and their inputs");
  app.add_flag("-f,--force", options.force, "Run every stage again");
  app.add_flag("-n,--dry-run", options.dry_run,
               "Print the plan: what is reused, what runs, why, at what cost");
  app.add_flag("--json", options.json, "With --dry-run: the plan as JSON");
}

void add_parts(CLI::App& app, TrainOptions& options, const char* otherwise) {
  app.add_option("--parts", options.parts,
                 fmt::format("Divide batches into this many parts: what is learned depends on it, "
                             "and not on the number of ranks. 0: {}",
                             otherwise))
      ->check(CLI::Range(0, 65536))
      ->group(kMachine);
}

void add_mini_sd(CLI::App& train, TrainOptions& options) {
  CLI::App* app = train.add_subcommand(
      "mini-sd",
      "A small Stable Diffusion from scratch: tokenizer, autoencoder, text encoder, UNet");
  app->add_option(
         "-r,--recipe", options.recipe,
         "A recipe of assets/mini-sd (recipe, gpu, refine, tiny), or a TOML file of your own")
      ->capture_default_str();
  app->add_option("-o,--override", options.overrides, "key=value replaces a setting of the recipe")
      ->allow_extra_args(false);
  app->add_option("--out", options.out,
                  "Also put the finished model into this folder (diffusers' layout)");
  app->add_option("--resume", options.resume,
                  "Continue the run in this folder, with the settings it was started with");
  add_plan(*app, options);
  add_machine(*app, options);
  add_parts(*app, options, "one per thread of every rank");
  for (const char* name :
       {"--recipe", "--override", "--device", "--parts", "--from", "--only", "--force"}) {
    app->get_option("--resume")->excludes(app->get_option(name));
  }
  app->footer(
      "Examples:\n"
      "  ersatz train mini-sd --recipe tiny --out tiny-sd        every stage, in seconds\n"
      "  ersatz train mini-sd --dry-run                          what would run, at what cost\n"
      "  ersatz train mini-sd --out mini                         in hours, on two cores\n"
      "  ersatz train mini-sd --recipe gpu --device cuda --out mini\n"
      "                                                          in minutes, on a GPU\n"
      "  ersatz train mini-sd --recipe refine -o start.model=mini --out finer\n"
      "                                                          trains that one further\n"
      "The same command again continues after Ctrl-C or a crash. Pictures to look at while it\n"
      "trains are in the run's folder, samples/. docs/train.md has more.\n");
  app->callback([&options] { options.action = TrainAction::kMiniSd; });
}

void add_textual_inversion(CLI::App& train, TrainOptions& options) {
  CLI::App* app = train.add_subcommand(
      "textual-inversion", "A new word of a Stable Diffusion model from a few pictures");
  add_textual_inversion_options(*app, options.textual_inversion);
  add_machine(*app, options);
  app->callback([&options] { options.action = TrainAction::kTextualInversion; });
}

void add_fine_tuning(CLI::App& train, TrainOptions& options) {
  CLI::App* dreambooth = train.add_subcommand(
      "dreambooth", "A Stable Diffusion model taught a thing or a look from a few pictures");
  add_fine_tuning_options(*dreambooth, options.dreambooth);
  add_machine(*dreambooth, options);
  add_parts(*dreambooth, options, "one per thread of every rank");
  dreambooth->callback([&options] { options.action = TrainAction::kDreamBooth; });
  CLI::App* lora = train.add_subcommand(
      "lora", "The same as a small file beside the model: a low-rank adaptation");
  add_fine_tuning_options(*lora, options.lora);
  add_machine(*lora, options);
  add_parts(*lora, options, "one per thread of every rank");
  lora->callback([&options] { options.action = TrainAction::kLora; });
}

void add_detector(CLI::App& train, TrainOptions& options) {
  CLI::App* app = train.add_subcommand(
      "detector", "YOLOv8, YOLOv5 or RetinaNet on pictures with boxes (COCO, YOLO, VOC)");
  add_detector_options(*app, options.detector);
  add_machine(*app, options);
  add_parts(*app, options, "one per rank");
  app->callback([&options] { options.action = TrainAction::kDetector; });
}

}  // namespace

CLI::App* add_train_options(CLI::App& program, TrainOptions& options) {
  CLI::App* app = program.add_subcommand("train", "Train generative models and detectors");
  app->require_subcommand(1);
  add_mini_sd(*app, options);
  add_textual_inversion(*app, options);
  add_fine_tuning(*app, options);
  add_detector(*app, options);
  app->footer(
      "Examples:\n"
      "  ersatz train mini-sd --recipe tiny --out tiny-sd\n"
      "  ersatz train textual-inversion -m sd15 --concept pianos --token '<grand-piano>' \\\n"
      "      --initializer piano --out grand-piano\n"
      "  ersatz train dreambooth -m sd15 --pictures dog --prompt 'a photo of sks dog' --out sks\n"
      "  ersatz train detector --data train.json --val test.json --model yolov8n --out apples\n"
      "  ersatz train detector --help\n");
  return app;
}

std::vector<std::string> resume_training_arguments(const std::string& name,
                                                   const TrainOptions& options) {
  std::vector<std::string> words = {"train",        name,         "--resume",
                                    options.resume, "--progress", options.progress};
  if (options.threads != 0) {
    words.insert(words.end(), {"--threads", std::to_string(options.threads)});
  }
  if (options.time_limit > 0) {
    words.insert(words.end(), {"--time-limit", fmt::format("{}", options.time_limit)});
  }
  if (options.parts != 0) {
    words.insert(words.end(), {"--parts", std::to_string(options.parts)});
  }
  if (options.dry_run) words.emplace_back("--dry-run");
  if (options.quiet) words.emplace_back("--quiet");
  return words;
}

}  // namespace ersatz::runner
