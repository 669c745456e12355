// The options of `ersatz train` and of `ersatz-train`: one definition for both.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "runner/training/detector_options.h"
#include "runner/training/fine_tuning_options.h"
#include "runner/training/textual_inversion_options.h"

namespace ersatz::runner {

enum class TrainAction { kNone, kMiniSd, kTextualInversion, kDreamBooth, kLora, kDetector };

// Runs of trainings are folders of runs/train-<what>/.
inline constexpr const char* kTrainPrefix = "train-";

struct TrainOptions {
  TrainAction action = TrainAction::kNone;
  std::string recipe = "recipe";       // name in assets/mini-sd, or a TOML file
  std::vector<std::string> overrides;  // -o key=value
  std::string out;                     // where the model goes besides the run's folder
  std::string device = "auto";
  std::string resume;  // run folder; recipe, overrides and device come from it
  std::string from, only;
  std::string progress = "auto";
  int threads = 0;         // 0: physical cores
  std::int64_t parts = 0;  // of a batch (docs/ranks.md); 0: as many as suit the training
  double time_limit = 0;
  bool dry_run = false, json = false, force = false, quiet = false;
  // What those trainings alone have.
  TextualInversionOptions textual_inversion;
  FineTuningOptions dreambooth = dreambooth_options(), lora = lora_options();
  TrainDetectorOptions detector;
};

// Adds the sub-command `train` with its own sub-commands to `program`, bound to `options`, which
// must outlive the parse.
CLI::App* add_train_options(CLI::App& program, TrainOptions& options);

// Words that start the program for a run of the training `name` ("mini-sd") that is to go on.
std::vector<std::string> resume_training_arguments(const std::string& name,
                                                   const TrainOptions& options);

}  // namespace ersatz::runner
