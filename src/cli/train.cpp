#include "cli/train.h"

#include <memory>

#include "cli/launch.h"
#include "core/command_line.h"
#include "runner/training/train_options.h"

namespace ersatz::cli {

Command add_train(CLI::App& program) {
  auto options = std::make_shared<runner::TrainOptions>();
  CLI::App* app = runner::add_train_options(program, *options);
  return {app, [options, &program]() -> int {
            // Mistakes are told at once, before libtorch is loaded.
            if (options->action == runner::TrainAction::kDetector) {
              runner::check_detector_options(options->detector);
            }
            launch_program(kTrainingProgram, core::command_line_words(program));
          }};
}

}  // namespace ersatz::cli
