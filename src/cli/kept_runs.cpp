#include "cli/kept_runs.h"

#include <cstdlib>
#include <ctime>

#include "cli/find_run.h"
#include "core/error.h"
#include "core/profile_path.h"
#include "core/stage_cache.h"

namespace ersatz::cli {
namespace {

namespace fs = std::filesystem;
using core::Json;
using core::RunDirectory;
using core::RunState;

constexpr double kSecondsPerDay = 86400;

// From the time stamp in the folder's name; a name that is not ours counts as new.
double age_days(const RunDirectory& run) {
  std::tm time{};
  const std::string name = run.path().filename().string();
  if (::strptime(name.c_str(), "%Y%m%dT%H%M%SZ", &time) == nullptr) return 0;
  return std::difftime(std::time(nullptr), ::timegm(&time)) / kSecondsPerDay;
}

// The profile, by its name (what stands in results/) or file, of a run that was asked for nothing
// else. Empty when it was.
std::string profile_alone(const RunDirectory& run) {
  try {
    const core::RunRequest request = run.request();
    if (!request.overrides.empty() || request.seed || !request.only.empty()) return {};
    return request.profile;
  } catch (const core::Error&) {
    return {};
  }
}

// Names of the cache folders of the run's stages: from its plan, else from its provenance. False
// when it has neither.
bool add_stage_folders(const RunDirectory& run, std::set<std::string>& folders) {
  const core::StageCache cache{fs::path()};
  try {
    for (const Json& stage : core::read_json(run.path() / "plan.json")) {
      const auto key = stage.at("key").get<std::string>();
      folders.insert(cache.entry_dir("", key).filename().string());
    }
    return true;
  } catch (const std::exception&) {
  }
  try {
    const Json provenance = core::read_json(run.path() / "provenance.json");
    for (const auto& [name, key] : provenance.at("stages").items()) {
      folders.insert(cache.entry_dir("", key.get<std::string>()).filename().string());
    }
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

KeptRuns kept_runs(const std::vector<RunDirectory>& runs, const RetentionOptions& options) {
  KeptRuns result;
  std::set<std::string> seen, finished;  // "<experiment>/<profile>"
  std::set<std::string> as_it_is;        // and the profile as it was asked for
  for (const RunDirectory& run : runs) {
    const std::string group = experiment_of(run) + "/" + profile_of(run);
    const RunState state = run.state();
    const bool newest = seen.insert(group).second;
    const bool running = core::is_running(run);
    bool keep = running;
    if (!options.only_running) {
      keep = keep || (newest && state != RunState::kFinished) ||
             (options.days > 0 && age_days(run) < options.days);
      if (state == RunState::kFinished) {
        if (finished.insert(group).second) keep = true;
        const std::string profile = profile_alone(run);
        if (!profile.empty() && as_it_is.insert(group + "/" + profile).second) keep = true;
      }
    }
    if (!keep) {
      result.removable.push_back(run);
      continue;
    }
    const bool known = add_stage_folders(run, result.stage_folders);
    result.any_running = result.any_running || running;
    result.plan_unknown = result.plan_unknown || (running && !known);
  }
  return result;
}

}  // namespace ersatz::cli
