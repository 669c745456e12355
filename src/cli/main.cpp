// The `ersatz` command. It links neither libtorch nor OpenCV: what computes is a program of its own
// (reproduce-<id>, ersatz-diffusion, ersatz-detect, ersatz-label, ersatz-train) that `ersatz run`
// or `ersatz generate` becomes.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "cli/check.h"
#include "cli/command.h"
#include "cli/compare.h"
#include "cli/compare_bench.h"
#include "cli/completion.h"
#include "cli/cut_and_paste.h"
#include "cli/describe.h"
#include "cli/detect.h"
#include "cli/diffugen.h"
#include "cli/doctor.h"
#include "cli/eval.h"
#include "cli/export_run.h"
#include "cli/fetch.h"
#include "cli/gc.h"
#include "cli/generate.h"
#include "cli/label.h"
#include "cli/list.h"
#include "cli/man_page.h"
#include "cli/report.h"
#include "cli/resume.h"
#include "cli/run.h"
#include "cli/slurm.h"
#include "cli/tokenize.h"
#include "cli/train.h"
#include "cli/validate.h"
#include "cli/version.h"
#include "cli/weights.h"
#include "core/command_line.h"
#include "core/error.h"

namespace ersatz::cli {
namespace {

constexpr const char* kFooter =
    "Examples:\n"
    "  ersatz list                      the experiments, their profiles and results\n"
    "  ersatz doctor                    what is missing on this machine\n"
    "  ersatz run mnist --dry-run       what would be computed, and at what cost\n"
    "  ersatz run mnist                 profile mini: minutes, nothing is downloaded\n"
    "  ersatz check                     gates of the committed results (exit 10 when one fails)\n"
    "  ersatz generate txt2img --model sd15 --prompt 'a red apple' --out apples\n"
    "  ersatz train mini-sd --recipe tiny --out tiny-sd\n"
    "\n"
    "Exit codes: 0 ok, 2 usage, 10 gate failed, 20 not a number, 30 data refused, 31 wrong "
    "digest,\n"
    "40 something missing, 50 disk full, 51 out of memory, 60 a rank was lost, 130/143 "
    "interrupted\n"
    "(resumable).\n";

int run(int argc, char** argv) {
  CLI::App program{"Re-runs published claims about synthetic training images", "ersatz"};
  program.set_version_flag("--version", version_text());
  program.footer(kFooter);
  // What follows a command is never another one: there is an experiment `diffugen`, too.
  program.require_subcommand(0, 1);
  const std::vector<Command> commands = {
      add_list(program),          add_describe(program),   add_validate(program),
      add_fetch(program),         add_run(program),        add_resume(program),
      add_check(program),         add_report(program),     add_compare(program),
      add_generate(program),      add_train(program),      add_tokenize(program),
      add_weights(program),       add_diffugen(program),   add_eval(program),
      add_export(program),        add_cutout(program),     add_copy_paste(program),
      add_detect(program),        add_label(program),      add_export_run(program),
      add_compare_bench(program), add_slurm(program),      add_gc(program),
      add_doctor(program),        add_completion(program), add_complete(program),
      add_man_page(program),
  };
  if (!core::parse_command_line(program, argc, argv)) return 0;
  for (const Command& command : commands) {
    if (command.app->parsed()) return command.run();
  }
  throw core::Error::usage("no command was given", "`ersatz --help` lists them");
}

}  // namespace
}  // namespace ersatz::cli

int main(int argc, char** argv) {
  return ersatz::core::report_exceptions(ersatz::cli::run, argc, argv);
}
