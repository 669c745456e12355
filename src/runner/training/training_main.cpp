#include "runner/training/training_main.h"

#include "compute/torch_shim.h"
#include "core/blas.h"
#include "core/command_line.h"
#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/signals.h"
#include "runner/rank_session.h"
#include "runner/torch_errors.h"
#include "runner/training/detector_run.h"
#include "runner/training/fine_tuning_run.h"
#include "runner/training/mini_sd_run.h"
#include "runner/training/textual_inversion_run.h"
#include "runner/training/train_options.h"

namespace ersatz::runner {
namespace {

int run(int argc, char** argv) {
  CLI::App program{"Trains generative models and detectors", "ersatz-train"};
  program.footer("`ersatz train` starts this program.\n");
  program.require_subcommand(1);
  TrainOptions options;
  add_train_options(program, options);
  if (!core::parse_command_line(program, argc, argv)) return 0;
  core::set_progress_mode(core::parse_progress_mode(options.progress));
  core::set_quiet(options.quiet);
  core::install_signal_handlers();
  compute::allow_tf32();
  if (options.time_limit > 0) core::stop_after(options.time_limit);
  switch (options.action) {
    case TrainAction::kMiniSd:
      run_as_rank([&](const core::Ranks& ranks, compute::RankGroup* group) {
        run_mini_sd(options, ranks, group);
      });
      break;
    case TrainAction::kTextualInversion:
      run_textual_inversion(options);
      break;
    case TrainAction::kDreamBooth:
    case TrainAction::kLora:
      run_as_rank([&](const core::Ranks& ranks, compute::RankGroup* group) {
        const bool lora = options.action == TrainAction::kLora;
        run_fine_tuning(options, lora ? options.lora : options.dreambooth, ranks, group);
      });
      break;
    case TrainAction::kDetector:
      run_as_rank([&](const core::Ranks& ranks, compute::RankGroup* group) {
        run_train_detector(options, ranks, group);
      });
      break;
    case TrainAction::kNone:
      throw core::Error::internal("a training without a name");
  }
  return 0;
}

}  // namespace

int training_main(int argc, char** argv) {
  core::ensure_fast_blas(argv);
  try {
    return run(argc, argv);
  } catch (const c10::Error& error) {
    throw from_torch(error, "a smaller batch, with accumulation in its place");
  }
}

}  // namespace ersatz::runner
