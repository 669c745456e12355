#include "cli/generate.h"

#include <memory>

#include "cli/launch.h"
#include "core/command_line.h"
#include "runner/diffusion/generate_options.h"
#include "runner/diffusion/generate_request.h"

namespace ersatz::cli {

Command add_generate(CLI::App& program) {
  auto options = std::make_shared<runner::GenerateOptions>();
  CLI::App* app = runner::add_generate_options(program, *options);
  return {app, [options, &program]() -> int {
            // Mistakes are told at once, before libtorch is loaded.
            runner::check_generate(*options);
            launch_program(kDiffusionProgram, core::command_line_words(program));
          }};
}

}  // namespace ersatz::cli
