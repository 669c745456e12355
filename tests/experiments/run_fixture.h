// Runs a program of an experiment with folders of its own.
#pragma once

#include <string>

#include "core/json.h"
#include "support/test_support.h"

namespace ersatz::test {

class ExperimentRun {
 public:
  // Environment (ERSATZ_RUNS, ERSATZ_RESULTS, ERSATZ_CACHE below a temporary folder) and program.
  explicit ExperimentRun(const std::string& id);

  // `reproduce-<id> ARGUMENTS --progress none` with its assignments, as `env` takes them.
  std::string command(const std::string& arguments, const std::string& environment = "") const;
  // The same, run to its end.
  CommandResult run(const std::string& arguments, const std::string& environment = "") const;
  // Sends SIGKILL after so many seconds; the exit status is 137 when it was still running.
  CommandResult run_and_kill(const std::string& arguments, double seconds) const;
  std::filesystem::path results(const std::string& profile) const;
  // The only run folder (the newest when there are several).
  std::filesystem::path run_folder() const;
  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  std::string prefix() const;
  TemporaryFolder folder_;
  std::string id_;
};

}  // namespace ersatz::test
