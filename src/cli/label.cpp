#include "cli/label.h"

#include <memory>

#include "cli/launch.h"
#include "core/command_line.h"
#include "runner/labelling/label_options.h"

namespace ersatz::cli {

Command add_label(CLI::App& program) {
  auto options = std::make_shared<runner::LabelCommand>();
  CLI::App* app = runner::add_label_options(program, *options);
  return {app, [options, &program]() -> int {
            // Mistakes are told at once, before libtorch is loaded.
            runner::check_label(*options);
            launch_program(kLabellingProgram, core::command_line_words(program));
          }};
}

}  // namespace ersatz::cli
