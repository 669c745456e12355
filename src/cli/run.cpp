#include "cli/run.h"

#include <memory>
#include <string>

#include "cli/launch.h"
#include "core/project.h"
#include "runner/run_options.h"

namespace ersatz::cli {
namespace {

struct Options {
  std::string id;
  runner::RunOptions run;
};

int run(const Options& options) {
  core::Project::get().experiment(options.id);
  launch_experiment(options.id, runner::run_arguments(options.run));
}

}  // namespace

Command add_run(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* app = program.add_subcommand("run", "Run an experiment and publish its results");
  app->add_option("experiment", options->id, "Which one")->required();
  runner::add_run_options(*app, options->run);
  app->footer(
      "Examples:\n"
      "  ersatz run mnist                                   profile mini: minutes, no download\n"
      "  ersatz run mnist --dry-run                         what would run, why, at what cost\n"
      "  ersatz run mnist --profile reduced                 real data, less compute\n"
      "  ersatz run mnist -o replicates=5 --seed 3          other settings (stay in runs/)\n"
      "  ersatz run mnist -o classifier.steps=100,200,400   a sweep: one run for each value\n"
      "  ersatz run mnist --from gan --time-limit 600       again from the GAN on, ten minutes\n");
  return {app, [options] { return run(*options); }};
}

}  // namespace ersatz::cli
