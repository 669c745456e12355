#include "experiments/run_fixture.h"

#include <fmt/format.h>

#include "core/run_directory.h"

namespace ersatz::test {

namespace fs = std::filesystem;

ExperimentRun::ExperimentRun(const std::string& id) : id_(id) {}

std::string ExperimentRun::prefix() const {
  return fmt::format("ERSATZ_RUNS={0}/runs ERSATZ_RESULTS={0}/results ERSATZ_CACHE={0}/data ",
                     folder_.path().string());
}

std::string ExperimentRun::command(const std::string& arguments,
                                   const std::string& environment) const {
  return fmt::format("{}{} {}/reproduce-{} {} --progress none", prefix(), environment,
                     ERSATZ_BIN_DIR, id_, arguments);
}

CommandResult ExperimentRun::run(const std::string& arguments,
                                 const std::string& environment) const {
  return run_command(command(arguments, environment));
}

CommandResult ExperimentRun::run_and_kill(const std::string& arguments, double seconds) const {
  return run_command(command(arguments, fmt::format("timeout --signal=KILL {:.3f}", seconds)));
}

fs::path ExperimentRun::results(const std::string& profile) const {
  return folder_ / "results" / id_ / profile;
}

fs::path ExperimentRun::run_folder() const {
  const auto runs = core::list_runs(folder_ / "runs");
  return runs.empty() ? fs::path() : runs.front().path();
}

}  // namespace ersatz::test
