#include "cli/generate.h"

#include <memory>

#include "cli/launch.h"
#include "core/command_line.h"
#include "runner/diffusion/generate_options.h"
#include "runner/diffusion/generate_request.h"
#include "runner/gan/cgan_options.h"
#include "runner/gan/generator_choice.h"

namespace ersatz::cli {

Command add_generate(CLI::App& program) {
  auto options = std::make_shared<runner::GenerateOptions>();
  CLI::App* app = runner::add_generate_options(program, *options);
  auto gan_options = std::make_shared<runner::CganOptions>();
  const CLI::App* gan = runner::add_cgan_options(*app, *gan_options);
  return {app, [options, gan_options, gan, &program]() -> int {
            // Mistakes are told at once, before libtorch is loaded.
            if (gan->parsed()) {
              runner::choose_generator(*gan_options);
            } else {
              runner::check_generate(*options);
            }
            launch_program(kDiffusionProgram, core::command_line_words(program));
          }};
}

}  // namespace ersatz::cli
