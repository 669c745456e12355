#include "cli/detect.h"

#include <memory>

#include "cli/launch.h"
#include "core/command_line.h"
#include "runner/detection/detect_options.h"

namespace ersatz::cli {

Command add_detect(CLI::App& program) {
  auto options = std::make_shared<runner::DetectOptions>();
  CLI::App* app = runner::add_detect_options(program, *options);
  return {app, [options, &program]() -> int {
            // Mistakes are told at once, before libtorch is loaded.
            runner::check_detect(*options);
            launch_program(kDetectionProgram, core::command_line_words(program));
          }};
}

}  // namespace ersatz::cli
