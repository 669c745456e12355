#include "cli/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/committed_results.h"
#include "core/config.h"
#include "core/log.h"
#include "core/project.h"
#include "core/suggest.h"
#include "evaluate/gate.h"

namespace ersatz::cli {
namespace {

struct Options {
  std::vector<std::string> ids;
  std::string profile;
  bool json = false;
};

// Profiles with expected values, in the order of the card.
std::vector<std::string> gated_profiles(const core::Card& card) {
  std::vector<std::string> profiles;
  for (const core::Expectation& expected : card.expected) {
    if (std::find(profiles.begin(), profiles.end(), expected.profile) == profiles.end()) {
      profiles.push_back(expected.profile);
    }
  }
  return profiles;
}

std::vector<std::string> profiles_to_check(const core::Card& card, const Options& options) {
  std::vector<std::string> gated = gated_profiles(card);
  if (options.profile.empty()) return gated;
  if (std::find(gated.begin(), gated.end(), options.profile) != gated.end()) {
    return {options.profile};
  }
  const std::vector<std::string> known = core::profile_names(card.file.parent_path());
  if (std::find(known.begin(), known.end(), options.profile) == known.end()) {
    throw core::unknown_name("profile", options.profile, known);
  }
  return {};  // it exists and expects nothing
}

struct Checked {
  std::string experiment;
  CommittedResults results;
  evaluate::GateReport report;
};

void print_text(const std::vector<Checked>& all) {
  for (const Checked& checked : all) {
    std::printf("%s %s\n", checked.experiment.c_str(), checked.report.profile.c_str());
    if (!checked.results.problem.empty()) {
      core::log_info("  " + checked.results.problem);
    }
    for (const std::string& warning : checked.results.warnings) {
      core::log_warning(
          fmt::format("{} {}: {}", checked.experiment, checked.report.profile, warning));
    }
    std::printf("%s", checked.report.text().c_str());
  }
}

void print_json(const std::vector<Checked>& all, bool passed) {
  core::Json list = core::Json::array();
  for (const Checked& checked : all) {
    core::Json json = {{"experiment", checked.experiment}};
    if (!checked.results.problem.empty()) json["problem"] = checked.results.problem;
    json["warnings"] = checked.results.warnings;
    json.update(evaluate::to_json(checked.report));
    list.push_back(std::move(json));
  }
  std::printf("%s\n", core::Json({{"passed", passed}, {"checked", list}}).dump(2).c_str());
}

int run(const Options& options) {
  const core::Project& project = core::Project::get();
  const std::vector<std::string> ids = options.ids.empty() ? project.experiment_ids() : options.ids;
  std::vector<Checked> all;
  bool passed = true;
  for (const std::string& id : ids) {
    const core::Card card = core::load_card(project.experiment(id));
    const std::vector<std::string> profiles = profiles_to_check(card, options);
    if (profiles.empty()) {
      core::log_info(
          fmt::format("{}: {} expects no values", id,
                      options.profile.empty() ? "the card" : "profile " + options.profile));
    }
    for (const std::string& profile : profiles) {
      CommittedResults results = read_committed(card, profile);
      evaluate::GateReport report = evaluate::check_gates(card, profile, results.metrics);
      passed = passed && report.exit_code() == core::ExitCode::kOk;
      all.push_back({id, std::move(results), std::move(report)});
    }
  }
  if (options.json)
    print_json(all, passed);
  else
    print_text(all);
  return static_cast<int>(passed ? core::ExitCode::kOk : core::ExitCode::kGateFailed);
}

}  // namespace

Command add_check(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* app = program.add_subcommand(
      "check", "Compare committed results with the expected values (exit 10 on FAIL, UNMEASURED)");
  app->add_option("experiment", options->ids, "Experiments; none: all");
  app->add_option("-p,--profile", options->profile,
                  "Only this profile; without: every profile that expects values");
  app->add_flag("--json", options->json, "For scripts");
  app->footer(
      "Examples:\n"
      "  ersatz check                            what CI runs\n"
      "  ersatz check mnist --profile reduced\n"
      "  ersatz check --json | jq '.checked[].rows[] | select(.status != \"PASS\")'\n"
      "\n"
      "PASS within our tolerance, DRIFT only within the paper's, FAIL outside both, UNMEASURED\n"
      "not there or not a number. Results that are absent are UNMEASURED.\n");
  return {app, [options] { return run(*options); }};
}

}  // namespace ersatz::cli
