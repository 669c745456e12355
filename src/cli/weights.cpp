#include "cli/weights.h"

#include <memory>

#include "cli/launch.h"
#include "core/command_line.h"
#include "runner/diffusion/weights_options.h"

namespace ersatz::cli {

Command add_weights(CLI::App& program) {
  auto options = std::make_shared<runner::WeightsOptions>();
  CLI::App* app = runner::add_weights_options(program, *options);
  return {app, [options, &program]() -> int {
            runner::check_weights(*options);
            launch_program(kDiffusionProgram, core::command_line_words(program));
          }};
}

}  // namespace ersatz::cli
