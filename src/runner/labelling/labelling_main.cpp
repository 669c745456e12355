#include "runner/labelling/labelling_main.h"

#include <opencv2/core.hpp>

#include "core/blas.h"
#include "core/command_line.h"
#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "runner/labelling/label_options.h"
#include "runner/labelling/label_run.h"
#include "runner/torch_errors.h"

namespace ersatz::runner {
namespace {

int run(int argc, char** argv) {
  CLI::App program{"Labels pictures", "ersatz-label"};
  program.footer("`ersatz label` starts this program.\n");
  program.require_subcommand(1);
  LabelCommand options;
  add_label_options(program, options);
  if (!core::parse_command_line(program, argc, argv)) return 0;
  core::set_progress_mode(core::parse_progress_mode(options.progress));
  core::set_quiet(options.quiet);
  core::install_signal_handlers();
  cv::setNumThreads(1);
  try {
    run_label(options);
  } catch (const core::Interrupted& interrupted) {
    throw interrupted.with_hint("the same command labels what is left");
  }
  return 0;
}

}  // namespace

int labelling_main(int argc, char** argv) {
  core::ensure_fast_blas(argv);
  try {
    return run(argc, argv);
  } catch (const c10::Error& error) {
    throw from_torch(error, "a smaller --batch or --size");
  } catch (const cv::Exception& error) {
    throw core::Error::internal("OpenCV: " + error.err);
  }
}

}  // namespace ersatz::runner
