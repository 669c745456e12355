#include "runner/images/images_main.h"

#include <opencv2/core.hpp>
#include <string>

#include "core/command_line.h"
#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/ranks.h"
#include "core/signals.h"
#include "runner/images/copy_paste_options.h"
#include "runner/images/copy_paste_run.h"
#include "runner/images/cutout_options.h"
#include "runner/images/cutout_run.h"
#include "runner/images/eval_labels_run.h"
#include "runner/images/export_run.h"

namespace ersatz::runner {
namespace {

void set_up(const std::string& progress, bool quiet) {
  core::set_progress_mode(core::parse_progress_mode(progress));
  core::set_quiet(quiet);
}

int run(int argc, char** argv) {
  CLI::App program{
      "Cut-outs, images made of them, labelled datasets and what their labels are worth",
      "ersatz-images"};
  program.footer(
      "`ersatz copy-paste`, `ersatz cutout`, `ersatz export` and `ersatz eval labels` start this "
      "program.\n");
  program.require_subcommand(1);
  CopyPasteCommand copy_paste;
  CutoutCommand cutout;
  ExportCommand exporting;
  const CLI::App* pasting = add_copy_paste_options(program, copy_paste);
  const CLI::App* cutting = add_cutout_options(program, cutout);
  const CLI::App* exports = add_export_options(program, exporting);
  EvalLabelsCommand evaluation;
  CLI::App* eval = program.add_subcommand("eval", "Scores predictions against ground truth");
  eval->require_subcommand(1);
  add_eval_labels_options(*eval, evaluation);
  if (!core::parse_command_line(program, argc, argv)) return 0;
  core::install_signal_handlers();
  cv::setNumThreads(1);  // pictures are worked on side by side
  if (pasting->parsed()) {
    // Of several processes that a launcher started, each makes its share.
    copy_paste.shard = core::shard_option(copy_paste.shard, core::ranks_from_environment());
    set_up(copy_paste.progress, copy_paste.quiet);
    run_copy_paste(copy_paste);
    return 0;
  }
  if (cutting->parsed()) {
    set_up(cutout.progress, cutout.quiet);
    return run_cutout(cutout);
  }
  if (exports->parsed()) {
    set_up("auto", exporting.quiet);
    run_export(exporting);
    return 0;
  }
  run_eval_labels(evaluation);
  return 0;
}

}  // namespace

int images_main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const cv::Exception& error) {
    throw core::Error::internal("OpenCV: " + error.err);
  }
}

}  // namespace ersatz::runner
