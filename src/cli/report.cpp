#include "cli/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/profile_state.h"
#include "core/abandoned.h"
#include "core/card.h"
#include "core/config.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/log.h"
#include "core/project.h"
#include "core/suggest.h"
#include "report/html/index_page.h"
#include "report/performance/performance_page.h"
#include "report/results_writer.h"
#include "report/verdict_table.h"

namespace ersatz::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> ids;
  std::string profile;
};

// Puts back the results of this experiment that a process was killed while replacing.
void put_back_results(const std::string& id) {
  std::vector<fs::path> lost;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(core::Project::get().results() / id, ignored)) {
    const fs::path target = core::target_of_set_aside(entry.path());
    if (!target.empty() && !fs::exists(target, ignored)) lost.push_back(target);
  }
  for (const fs::path& target : lost) core::remove_abandoned(target);
}

// Profiles of which there are results; also those whose profile file has gone since.
std::vector<std::string> profiles_with_results(const std::string& id) {
  put_back_results(id);
  std::vector<std::string> profiles;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(core::Project::get().results() / id, ignored)) {
    if (entry.path().extension() != ".partial" && fs::exists(entry.path() / "metrics.json")) {
      profiles.push_back(entry.path().filename().string());
    }
  }
  std::sort(profiles.begin(), profiles.end());
  return ordered_profiles(std::move(profiles));
}

void render(const core::Card& card, const std::string& profile) {
  const fs::path folder = core::Project::get().results() / card.id / profile;
  const report::WrittenResults written = report::render_results(card, folder);
  for (const std::string& warning : written.warnings) core::log_warning(warning);
  std::printf("%s %s: %s\n\n%s", card.id.c_str(), profile.c_str(), (folder / "report.md").c_str(),
              report::verdict_text(written.verdicts).c_str());
  if (!written.gates.rows.empty()) std::printf("\n%s", written.gates.text().c_str());
  std::printf("\n");
}

// results/index.html, of everything that is published.
void write_index() {
  const core::Project& project = core::Project::get();
  std::vector<report::html::ExperimentResults> experiments;
  bool any = false;
  for (const std::string& id : project.experiment_ids()) {
    report::html::ExperimentResults experiment;
    experiment.card = core::load_card(project.experiment(id));
    for (const std::string& profile : profiles_with_results(id)) {
      if (!report::html::is_published(profile)) continue;
      experiment.profiles.push_back(
          report::html::read_profile_results(experiment.card, project.results() / id / profile));
      any = true;
    }
    experiments.push_back(std::move(experiment));
  }
  if (!any) return;
  const fs::path page = project.results() / "index.html";
  core::write_file_atomic(page, report::html::index_page(experiments));
  std::printf("all experiments: %s\n", page.c_str());
}

// results/bench/README.md, of the benchmarks that were run.
void write_performance() {
  const core::Project& project = core::Project::get();
  const fs::path headlines = project.root() / "bench" / "performance.toml";
  const fs::path folder = project.results() / "bench";
  if (!fs::exists(headlines) || !fs::is_directory(folder)) return;
  const fs::path page = folder / "README.md";
  try {
    core::write_file_atomic(page,
                            report::performance_page(report::read_performance(headlines, folder)));
    std::printf("performance: %s\n", page.c_str());
  } catch (const core::Error& error) {
    core::log_warning(fmt::format("{} stays as it was: {}", page.string(), error.what()));
  }
}

// Error::unknown unless one of the experiments has the profile, or results of it.
void require_profile(const std::string& profile, const std::vector<std::string>& ids) {
  std::vector<std::string> known;
  for (const std::string& id : ids) {
    for (const std::string& name : profiles_with_results(id)) known.push_back(name);
    for (std::string& name : core::profile_names(core::Project::get().experiment(id))) {
      known.push_back(std::move(name));
    }
  }
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  if (!std::binary_search(known.begin(), known.end(), profile)) {
    throw core::unknown_name("profile", profile, known);
  }
}

int run(const Options& options) {
  const core::Project& project = core::Project::get();
  const std::vector<std::string> ids = options.ids.empty() ? project.experiment_ids() : options.ids;
  if (!options.profile.empty()) require_profile(options.profile, ids);
  bool rendered = false;
  for (const std::string& id : ids) {
    const core::Card card = core::load_card(project.experiment(id));
    bool any = false;
    for (const std::string& profile : profiles_with_results(id)) {
      if (!options.profile.empty() && profile != options.profile) continue;
      render(card, profile);
      any = true;
    }
    rendered = rendered || any;
    if (any || options.ids.empty()) continue;
    throw core::Error::missing(
        fmt::format("there are no results of {}{} in {}", id,
                    options.profile.empty() ? "" : " " + options.profile,
                    project.results().string()),
        fmt::format("`make reproduce-{}{}` makes them", id,
                    options.profile.empty() ? "" : " PROFILE=" + options.profile));
  }
  write_index();
  write_performance();
  if (!rendered) {
    core::log_info(fmt::format("there are no results in {}", project.results().string()));
  }
  return 0;
}

}  // namespace

Command add_report(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* app = program.add_subcommand("report",
                                         "Make tables, plots and pages again from the measured "
                                         "values, index.html and bench/README.md");
  app->add_option("experiment", options->ids, "Experiments; none: all that have results");
  app->add_option("-p,--profile", options->profile, "Only this profile");
  app->footer(
      "Examples:\n"
      "  ersatz report                         after a card or the look of plots has changed\n"
      "  ersatz report mnist --profile mini    prints the verdicts, too\n");
  return {app, [options] { return run(*options); }};
}

}  // namespace ersatz::cli
