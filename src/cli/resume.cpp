#include "cli/resume.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/find_run.h"
#include "cli/launch.h"
#include "core/error.h"
#include "core/log.h"
#include "core/project.h"
#include "core/suggest.h"
#include "runner/run_options.h"
#include "runner/training/train_options.h"

namespace ersatz::cli {
namespace {

struct Options {
  std::string what;        // a run, an experiment, or nothing
  runner::RunOptions run;  // only how it runs: what it computes is what it was asked to
};

// The run to continue; nullopt (after a message) when there is nothing to do.
std::optional<core::RunDirectory> chosen(const std::string& what) {
  const std::vector<std::string> ids = core::Project::get().experiment_ids();
  const bool experiment = std::find(ids.begin(), ids.end(), what) != ids.end();
  if (what.empty() || experiment) {
    auto run = newest_unfinished(what);
    if (!run) {
      std::printf("nothing to resume: no unfinished run%s in %s\n",
                  what.empty() ? "" : fmt::format(" of {}", what).c_str(),
                  core::Project::get().runs().c_str());
    }
    return run;
  }
  auto run = find_run(what);
  if (!run) {
    std::vector<std::string> known = ids;
    for (const auto& other : core::list_runs(core::Project::get().runs())) {
      known.push_back(other.path().filename().string());
    }
    throw core::unknown_name("run or experiment", what, known);
  }
  if (run->state() == core::RunState::kFinished) {
    std::printf("nothing to resume: %s is finished\n", run->path().c_str());
    return std::nullopt;
  }
  core::check_not_running(*run);
  return run;
}

// Of several that would continue a run at once, one can. It does until the program that this
// process becomes has ended: its own state of the run comes some time after its start.
void claim(const core::RunDirectory& run) {
  const std::filesystem::path file = run.path() / "run.json";
  // Without O_CLOEXEC, and never closed.
  const int descriptor = ::open(file.c_str(), O_RDWR);
  if (descriptor < 0) throw core::Error::io("open", file, errno);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) throw core::Error::io("lock", file, errno);
    throw core::Error::usage(
        fmt::format("{} is being resumed by another process", run.path().string()),
        "wait for it, or stop that process first");
  }
  // The process before this one may have begun and ended since.
  core::check_not_running(run);
  if (run.state() == core::RunState::kFinished) {
    throw core::Error::usage(
        fmt::format("{} has just been finished by another process", run.path().string()));
  }
}

int run(const Options& options) {
  const auto found = chosen(options.what);
  if (!found) return 0;
  if (!options.run.dry_run) claim(*found);
  core::log_info(
      fmt::format("resuming {} ({})", found->path().string(), run_state_name(found->state())));
  const std::string prefix = runner::kTrainPrefix, name = found->request().experiment;
  if (name.compare(0, prefix.size(), prefix) == 0) {
    runner::TrainOptions training;
    training.resume = found->path().string();
    training.threads = options.run.threads;
    training.time_limit = options.run.time_limit;
    training.progress = options.run.progress;
    training.dry_run = options.run.dry_run;
    training.quiet = options.run.quiet;
    launch_program(kTrainingProgram,
                   runner::resume_training_arguments(name.substr(prefix.size()), training));
  }
  runner::RunOptions how = options.run;
  how.resume = found->path().string();
  launch_experiment(found->request().experiment, runner::run_arguments(how));
}

}  // namespace

Command add_resume(CLI::App& program) {
  auto options = std::make_shared<Options>();
  runner::RunOptions& how = options->run;
  CLI::App* app = program.add_subcommand(
      "resume", "Continue a run that was interrupted, failed or died, where it stopped");
  app->add_option("run", options->what,
                  "A run (folder or name), or an experiment: its newest unfinished run");
  app->add_option("--threads", how.threads, "Compute threads; 0: one per physical core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app->add_option("--time-limit", how.time_limit, "Stop resumably after this many seconds")
      ->check(CLI::NonNegativeNumber);
  app->add_option("--progress", how.progress, "auto, bar, plain, json or none")
      ->capture_default_str();
  app->add_flag("-n,--dry-run", how.dry_run, "Print what is left to do, and at what cost");
  app->add_flag("-k,--keep-going", how.keep_going,
                "Go on with what does not depend on a failed stage");
  app->add_flag("--offline", how.offline, "Never download: missing data is an error (exit 40)");
  app->add_flag("-q,--quiet", how.quiet, "Only warnings and the final table");
  app->footer(
      "Examples:\n"
      "  ersatz resume                            the newest unfinished run\n"
      "  ersatz resume mnist                      that of one experiment\n"
      "  ersatz resume 20260102T030405Z-1a2b3c4d  a run by its name (see `ersatz list --runs`)\n"
      "  ersatz resume --time-limit 3600          one more hour, then stop resumably\n");
  return {app, [options] { return run(*options); }};
}

}  // namespace ersatz::cli
