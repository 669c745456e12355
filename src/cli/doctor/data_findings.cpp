#include "cli/doctor/data_findings.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <string>

#include "cli/dataset_state.h"
#include "core/config.h"
#include "core/error.h"
#include "core/project.h"

namespace ersatz::cli {
namespace {

constexpr std::size_t kFewestFiles = 10;  // what a partial set of packages must still offer

// The data sets that profile mini of any experiment reads, and whether it can do with a part of
// them ("<dataset>.allow_partial").
std::map<std::string, bool> needed_for_mini() {
  const core::Project& project = core::Project::get();
  std::map<std::string, bool> partial_will_do;
  for (const std::string& experiment : project.experiment_ids()) {
    try {
      const core::Config config = core::Config::load(project.experiments() / experiment, "mini");
      if (!config.has("data.manifests")) continue;
      for (const std::string& id : config.get_strings("data.manifests")) {
        const std::string key = id + ".allow_partial";
        const bool partial = config.has(key) && config.get_bool(key);
        const auto [known, fresh] = partial_will_do.emplace(id, partial);
        known->second = known->second && partial;
      }
    } catch (const core::Error&) {
      continue;  // `ersatz validate` is there to tell
    }
  }
  return partial_will_do;
}

std::size_t installed_files(const data::Manifest& manifest) {
  std::size_t count = 0;
  for (const data::DebianPackage& package : manifest.packages) {
    for (const data::PackageFile& file : package.files) {
      std::error_code ignored;
      if (std::filesystem::is_regular_file(file.path, ignored)) ++count;
    }
  }
  return count;
}

Finding data_finding(const std::string& id, const DatasetState& state, bool needed,
                     bool partial_will_do) {
  const std::string name = "data " + id;
  if (state.present && state.problem.empty()) return {name, Level::kOk, state.where};
  const bool enough = partial_will_do && installed_files(state.manifest) >= kFewestFiles;
  const Level lack = needed && !enough ? Level::kMissing : Level::kNote;
  std::string text = state.present ? state.problem : fmt::format("not here; {}", state.where);
  if (needed && enough) text += "; profile mini goes on with what is there";
  return {name, lack, text, state.fix};
}

}  // namespace

void add_data_findings(Findings& findings) {
  const std::map<std::string, bool> mini = needed_for_mini();
  for (const std::string& id : data::manifest_ids()) {
    const auto found = mini.find(id);
    const bool needed = found != mini.end();
    try {
      findings.push_back(data_finding(id, dataset_state(data::find_manifest(id), true), needed,
                                      needed && found->second));
    } catch (const core::Error& error) {
      findings.push_back({"data " + id, needed ? Level::kMissing : Level::kNote, error.what(),
                          "ersatz validate " + id});
    }
  }
}

}  // namespace ersatz::cli
