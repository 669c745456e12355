#include "cli/find_run.h"

#include <fmt/format.h>

#include <vector>

#include "core/error.h"
#include "core/project.h"

namespace ersatz::cli {

namespace fs = std::filesystem;
using core::RunDirectory;
using core::RunState;

std::optional<RunDirectory> find_run(const std::string& name) {
  std::error_code ignored;
  if (fs::exists(fs::path(name) / "run.json", ignored)) return RunDirectory::open(name);
  const fs::path runs = core::Project::get().runs();
  if (fs::exists(runs / name / "run.json", ignored)) return RunDirectory::open(runs / name);
  std::vector<RunDirectory> fitting;
  for (const RunDirectory& run : core::list_runs(runs)) {
    const std::string folder = run.path().filename().string();
    if (folder == name) return run;
    if (!name.empty() && folder.rfind(name, 0) == 0) fitting.push_back(run);
  }
  if (fitting.size() > 1) {
    throw core::Error::usage(fmt::format("{} runs begin with '{}'", fitting.size(), name),
                             "`ersatz list --runs` shows their whole names");
  }
  if (fitting.empty()) return std::nullopt;
  return fitting.front();
}

std::optional<RunDirectory> newest_unfinished(const std::string& experiment) {
  for (const RunDirectory& run : core::list_runs(core::Project::get().runs())) {
    if (!experiment.empty() && experiment_of(run) != experiment) continue;
    if (run.state() != RunState::kFinished && !core::is_running(run)) return run;
  }
  return std::nullopt;
}

std::string experiment_of(const RunDirectory& run) {
  return run.path().parent_path().parent_path().filename().string();
}

std::string profile_of(const RunDirectory& run) {
  return run.path().parent_path().filename().string();
}

}  // namespace ersatz::cli
