#include "runner/diffusion/diffusion_main.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <string>

#include "core/blas.h"
#include "core/command_line.h"
#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "runner/diffusion/generate_options.h"
#include "runner/diffusion/generate_run.h"
#include "runner/diffusion/weights_options.h"
#include "runner/diffusion/weights_run.h"

namespace ersatz::runner {
namespace {

// libtorch's own errors carry a stack trace; the first line says what happened.
core::Error translated(const c10::Error& error) {
  const std::string message = error.what_without_backtrace();
  const std::string line = message.substr(0, message.find('\n'));
  for (const char* sign : {"out of memory", "can't allocate memory"}) {
    if (message.find(sign) != std::string::npos) {
      return core::Error(core::ExitCode::kOutOfMemory, line,
                         "a smaller --batch or --size, --weights-dtype fp16, --tiled-decode");
    }
  }
  return core::Error::internal(line);
}

int run(int argc, char** argv) {
  CLI::App program{"Stable Diffusion: images and weights", "ersatz-diffusion"};
  program.footer("`ersatz generate` and `ersatz weights` start this program.\n");
  program.require_subcommand(1);
  GenerateOptions generate;
  WeightsOptions weights;
  const CLI::App* generating = add_generate_options(program, generate);
  add_weights_options(program, weights);
  if (!core::parse_command_line(program, argc, argv)) return 0;
  core::install_signal_handlers();
  if (generating->parsed()) {
    core::set_progress_mode(core::parse_progress_mode(generate.progress));
    core::set_quiet(generate.quiet);
    run_generate(generate);
    return 0;
  }
  return run_weights(weights);
}

}  // namespace

int diffusion_main(int argc, char** argv) {
  core::ensure_fast_blas(argv);
  try {
    return run(argc, argv);
  } catch (const c10::Error& error) {
    throw translated(error);
  }
}

}  // namespace ersatz::runner
