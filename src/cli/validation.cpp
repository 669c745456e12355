#include "cli/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/card.h"
#include "core/card_validation.h"
#include "core/config.h"
#include "core/error.h"
#include "core/project.h"
#include "core/suggest.h"
#include "core/toml.h"
#include "data/fetch/manifest.h"

namespace ersatz::cli {
namespace {

namespace fs = std::filesystem;
using core::Project;

std::string words(const core::Error& error) {
  return error.hint().empty() ? std::string(error.what())
                              : fmt::format("{} ({})", error.what(), error.hint());
}

// Data sets a profile names must have manifests: else the mistake shows only when it runs.
void check_datasets(const fs::path& file, const toml::table& table, ValidationReport& report) {
  const toml::node_view<const toml::node> list = table["data"]["manifests"];
  const toml::array* items = list.as_array();
  if (items == nullptr) return;
  const std::vector<std::string> known = data::manifest_ids();
  for (const toml::node& item : *items) {
    const auto id = item.value<std::string>();
    if (!id || std::find(known.begin(), known.end(), *id) != known.end()) continue;
    const std::string nearest = core::nearest_name(*id, known);
    report.problems.push_back(
        fmt::format("{}:{}: no manifest for dataset '{}'{}", file.string(), core::toml_line(item),
                    *id, nearest.empty() ? "" : fmt::format(", did you mean '{}'?", nearest)));
  }
}

void validate_profile(const fs::path& experiment, const std::string& name,
                      ValidationReport& report) {
  ++report.profiles;
  const fs::path file = experiment / "profiles" / (name + ".toml");
  try {
    const core::Config config = core::Config::load(experiment, name);
    for (const auto& [key, value] :
         {std::pair<const char*, const std::string&>{"title", config.title()},
          {"cost", config.cost()}}) {
      if (value.empty()) {
        report.problems.push_back(
            fmt::format("{}:1: '{}' is missing or empty", file.string(), key));
      }
    }
    // A profile that reduces something owes its readers a sentence about it.
    if (!config.difference(config.base()).empty() && config.differs().empty()) {
      report.problems.push_back(
          fmt::format("{}:1: 'differs' is missing: say what this profile changes", file.string()));
    }
    check_datasets(file, core::read_toml(file), report);
  } catch (const core::Error& error) {
    const std::string message = words(error);
    // A mistake in a profile that others extend is told once.
    if (std::find(report.problems.begin(), report.problems.end(), message) ==
        report.problems.end()) {
      report.problems.push_back(message);
    }
  }
}

}  // namespace

void validate_experiment(const std::string& id, ValidationReport& report) {
  const Project& project = Project::get();
  const fs::path folder = project.experiment(id);
  ++report.cards;
  try {
    const core::Card card = core::load_card(folder);
    for (std::string& problem : core::validate_card(card, folder, project.manifests())) {
      report.problems.push_back(std::move(problem));
    }
  } catch (const core::Error& error) {
    report.problems.push_back(words(error));
  }
  const std::vector<std::string> profiles = core::profile_names(folder);
  for (const char* needed : {"mini", "paper"}) {
    if (std::find(profiles.begin(), profiles.end(), needed) == profiles.end()) {
      report.problems.push_back(
          fmt::format("{}: there is no profile '{}'", (folder / "profiles").string(), needed));
    }
  }
  for (const std::string& name : profiles) validate_profile(folder, name, report);
}

void validate_manifest(const std::string& id, ValidationReport& report) {
  ++report.manifests;
  try {
    data::find_manifest(id);
  } catch (const core::Error& error) {
    report.problems.push_back(words(error));
  }
}

void validate_project(ValidationReport& report) {
  const Project& project = Project::get();
  for (const std::string& id : project.experiment_ids()) validate_experiment(id, report);
  std::error_code ignored;
  std::vector<std::string> cardless;
  for (const auto& entry : fs::directory_iterator(project.experiments(), ignored)) {
    if (fs::exists(entry.path() / "CMakeLists.txt", ignored) &&
        !fs::exists(entry.path() / "experiment.toml", ignored)) {
      cardless.push_back(fmt::format("{}: there is no experiment.toml", entry.path().string()));
    }
  }
  std::sort(cardless.begin(), cardless.end());
  report.problems.insert(report.problems.end(), cardless.begin(), cardless.end());
  for (const std::string& id : data::manifest_ids()) validate_manifest(id, report);
}

}  // namespace ersatz::cli
