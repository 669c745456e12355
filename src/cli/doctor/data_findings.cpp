#include "cli/doctor/data_findings.h"

#include <fmt/format.h>

#include <set>

#include "cli/dataset_state.h"
#include "core/config.h"
#include "core/error.h"
#include "core/project.h"

namespace ersatz::cli {
namespace {

// What profile mini of any experiment reads.
std::set<std::string> needed_for_mini() {
  const core::Project& project = core::Project::get();
  std::set<std::string> ids;
  for (const std::string& experiment : project.experiment_ids()) {
    try {
      const core::Config config = core::Config::load(project.experiments() / experiment, "mini");
      if (!config.has("data.manifests")) continue;
      for (std::string& id : config.get_strings("data.manifests")) ids.insert(std::move(id));
    } catch (const core::Error&) {
      continue;  // `ersatz validate` is there to tell
    }
  }
  return ids;
}

}  // namespace

void add_data_findings(Findings& findings) {
  const std::set<std::string> needed = needed_for_mini();
  for (const std::string& id : data::manifest_ids()) {
    const std::string name = "data " + id;
    const Level lack = needed.count(id) != 0 ? Level::kMissing : Level::kNote;
    try {
      const DatasetState state = dataset_state(data::find_manifest(id));
      if (state.present && state.problem.empty()) {
        findings.push_back({name, Level::kOk, state.where});
      } else if (state.present) {
        findings.push_back({name, lack, state.problem, state.fix});
      } else {
        findings.push_back({name, lack, fmt::format("not here; {}", state.where), state.fix});
      }
    } catch (const core::Error& error) {
      findings.push_back({name, lack, error.what(), "ersatz validate " + id});
    }
  }
}

}  // namespace ersatz::cli
