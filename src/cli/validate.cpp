#include "cli/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/validation.h"
#include "core/json.h"
#include "core/project.h"
#include "core/suggest.h"
#include "data/fetch/manifest.h"

namespace ersatz::cli {
namespace {

struct Options {
  std::vector<std::string> ids;
  bool json = false;
};

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// An id may name an experiment, a manifest, or both.
ValidationReport validate(const std::vector<std::string>& ids) {
  ValidationReport report;
  if (ids.empty()) validate_project(report);
  std::vector<std::string> experiments = core::Project::get().experiment_ids();
  const std::vector<std::string> manifests = data::manifest_ids();
  for (const std::string& id : ids) {
    const bool experiment = contains(experiments, id), manifest = contains(manifests, id);
    if (experiment) validate_experiment(id, report);
    if (manifest) validate_manifest(id, report);
    if (experiment || manifest) continue;
    experiments.insert(experiments.end(), manifests.begin(), manifests.end());
    throw core::unknown_name("experiment or dataset", id, experiments);
  }
  return report;
}

int run(const Options& options) {
  const ValidationReport report = validate(options.ids);
  if (options.json) {
    const core::Json json = {{"problems", report.problems},
                             {"cards", report.cards},
                             {"profiles", report.profiles},
                             {"manifests", report.manifests}};
    std::printf("%s\n", json.dump(2).c_str());
  } else {
    for (const std::string& problem : report.problems) std::printf("%s\n", problem.c_str());
    std::printf("%d cards, %d profiles and %d manifests checked: %s\n", report.cards,
                report.profiles, report.manifests,
                report.problems.empty() ? "all sound"
                : report.problems.size() == 1
                    ? "1 problem"
                    : fmt::format("{} problems", report.problems.size()).c_str());
  }
  return static_cast<int>(report.problems.empty() ? core::ExitCode::kOk : core::ExitCode::kUsage);
}

}  // namespace

Command add_validate(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* app = program.add_subcommand(
      "validate", "Check cards, profiles and manifests; every mistake as file:line (exit 2)");
  app->add_option("id", options->ids, "Experiments or data sets; none: everything");
  app->add_flag("--json", options->json, "For scripts");
  app->footer(
      "Examples:\n"
      "  ersatz validate             the whole project\n"
      "  ersatz validate mnist       the experiment and the manifest of that name\n"
      "  ersatz validate --json | jq -r '.problems[]'\n");
  return {app, [options] { return run(*options); }};
}

}  // namespace ersatz::cli
