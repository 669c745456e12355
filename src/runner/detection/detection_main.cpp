#include "runner/detection/detection_main.h"

#include <opencv2/core.hpp>

#include "core/blas.h"
#include "core/command_line.h"
#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "runner/detection/detect_options.h"
#include "runner/detection/detect_run.h"
#include "runner/torch_errors.h"

namespace ersatz::runner {
namespace {

int run(int argc, char** argv) {
  CLI::App program{"Finds objects in pictures", "ersatz-detect"};
  program.footer("`ersatz detect` starts this program.\n");
  program.require_subcommand(1);
  DetectOptions options;
  add_detect_options(program, options);
  if (!core::parse_command_line(program, argc, argv)) return 0;
  core::set_progress_mode(core::parse_progress_mode(options.progress));
  core::set_quiet(options.quiet);
  core::install_signal_handlers();
  cv::setNumThreads(1);  // pictures are prepared beside the network
  run_detect(options);
  return 0;
}

}  // namespace

int detection_main(int argc, char** argv) {
  core::ensure_fast_blas(argv);
  try {
    return run(argc, argv);
  } catch (const c10::Error& error) {
    throw from_torch(error, "a smaller --size");
  } catch (const cv::Exception& error) {
    throw core::Error::internal("OpenCV: " + error.err);
  }
}

}  // namespace ersatz::runner
