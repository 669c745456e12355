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

CommandResult ExperimentRun::run(const std::string& arguments,
                                 const std::string& environment) const {
  return run_command(fmt::format("{}{} {}/reproduce-{} {} --progress none", prefix(), environment,
                                 ERSATZ_BIN_DIR, id_, arguments));
}

CommandResult ExperimentRun::run_and_signal(const std::string& arguments, double seconds,
                                            const std::string& signal_name) const {
  return run_command(
      fmt::format("{}timeout --signal={} --kill-after=60 {:.3f} {}/reproduce-{} {} "
                  "--progress none",
                  prefix(), signal_name, seconds, ERSATZ_BIN_DIR, id_, arguments));
}

fs::path ExperimentRun::results(const std::string& profile) const {
  return folder_ / "results" / id_ / profile;
}

fs::path ExperimentRun::run_folder() const {
  const auto runs = core::list_runs(folder_ / "runs");
  return runs.empty() ? fs::path() : runs.front().path();
}

}  // namespace ersatz::test
