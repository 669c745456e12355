#include "runner/diffusion/diffusion_main.h"

#include "compute/ranks/join_ranks.h"
#include "core/blas.h"
#include "core/command_line.h"
#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/ranks.h"
#include "core/signals.h"
#include "runner/diffugen/diffugen_options.h"
#include "runner/diffugen/diffugen_run.h"
#include "runner/diffusion/generate_options.h"
#include "runner/diffusion/generate_run.h"
#include "runner/diffusion/weights_options.h"
#include "runner/diffusion/weights_run.h"
#include "runner/gan/cgan_options.h"
#include "runner/gan/cgan_run.h"
#include "runner/rank_session.h"
#include "runner/torch_errors.h"

namespace ersatz::runner {
namespace {

int run(int argc, char** argv) {
  CLI::App program{"Stable Diffusion: images and weights", "ersatz-diffusion"};
  program.footer(
      "`ersatz generate`, `ersatz diffugen run` and `ersatz weights` start this "
      "program.\n");
  program.require_subcommand(1);
  GenerateOptions generate;
  WeightsOptions weights;
  DiffuGenCommand diffugen;
  CganOptions gan;
  CLI::App* generating = add_generate_options(program, generate);
  const CLI::App* drawing = add_cgan_options(*generating, gan);
  add_weights_options(program, weights);
  CLI::App* datasets = program.add_subcommand("diffugen", "Datasets from DiffuGen's files");
  datasets->require_subcommand(1);
  add_diffugen_run_options(*datasets, diffugen);
  if (!core::parse_command_line(program, argc, argv)) return 0;
  core::install_signal_handlers();
  // Of several ranks each makes its share of the pictures; they need not meet.
  const core::Ranks ranks = core::ranks_from_environment();
  for (std::string* device : {&generate.device, &diffugen.device}) {
    *device = compute::rank_device(*device, ranks);
  }
  for (std::string* shard : {&generate.shard, &diffugen.shard}) {
    *shard = core::shard_option(*shard, ranks);
  }
  for (int* threads : {&generate.threads, &diffugen.threads}) {
    *threads = rank_threads(*threads, ranks);
  }
  if (ranks.rank != 0) generate.progress = diffugen.progress = "none";
  if (drawing->parsed()) {
    core::set_quiet(gan.quiet);
    run_cgan(gan);
    return 0;
  }
  if (generating->parsed()) {
    core::set_progress_mode(core::parse_progress_mode(generate.progress));
    core::set_quiet(generate.quiet);
    run_generate(generate);
    return 0;
  }
  if (datasets->parsed()) {
    core::set_progress_mode(core::parse_progress_mode(diffugen.progress));
    core::set_quiet(diffugen.quiet);
    run_diffugen(diffugen);
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
    throw from_torch(error, "a smaller --batch or --size, --weights-dtype fp16, --tiled-decode");
  }
}

}  // namespace ersatz::runner
