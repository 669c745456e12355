#include "cli/list.h"

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/list_runs.h"
#include "cli/pattern.h"
#include "cli/profile_state.h"
#include "cli/text_layout.h"
#include "core/card.h"
#include "core/error.h"
#include "core/log.h"
#include "core/project.h"

namespace ersatz::cli {
namespace {

struct Options {
  std::string pattern;
  bool runs = false, json = false;
};

struct Listed {
  std::string id;
  std::string problem;  // why the card cannot be read
  core::Card card;
  std::vector<ProfileState> profiles;
};

std::vector<Listed> listed(const Pattern& pattern) {
  const core::Project& project = core::Project::get();
  std::vector<Listed> all;
  for (const std::string& id : project.experiment_ids()) {
    Listed item;
    item.id = id;
    try {
      item.card = core::load_card(project.experiments() / id);
      if (!pattern.matches(id) && !pattern.matches(item.card.title)) continue;
      item.profiles = profile_states(item.card);
    } catch (const core::Error& error) {
      if (!pattern.matches(id)) continue;
      item.problem = error.what();
    }
    all.push_back(std::move(item));
  }
  return all;
}

void print_text(const std::vector<Listed>& experiments) {
  for (const Listed& item : experiments) {
    if (!item.problem.empty()) {
      std::printf("%s  (its card cannot be read: `ersatz validate %s`)\n", item.id.c_str(),
                  item.id.c_str());
      continue;
    }
    std::printf("%s  %s\n", item.id.c_str(), wrapped(item.card.title, item.id.size() + 2).c_str());
    std::vector<std::vector<std::string>> rows;
    for (const ProfileState& profile : item.profiles) {
      rows.push_back({profile.name, profile.config ? profile.config->cost() : "cannot be read",
                      results_words(profile)});
    }
    std::printf("%s", aligned_or_stacked(rows, 4).c_str());
  }
}

void print_json(const std::vector<Listed>& experiments) {
  core::Json list = core::Json::array();
  for (const Listed& item : experiments) {
    core::Json json = {{"id", item.id}};
    if (!item.problem.empty()) {
      json["problem"] = item.problem;
    } else {
      json["title"] = item.card.title;
      json["version"] = item.card.version;
      json["profiles"] = core::Json::array();
      for (const ProfileState& profile : item.profiles) {
        json["profiles"].push_back(to_json(profile));
      }
    }
    list.push_back(std::move(json));
  }
  std::printf("%s\n", list.dump(2).c_str());
}

int run(const Options& options) {
  const Pattern pattern(options.pattern);
  if (options.runs) return list_runs(pattern, options.json);
  const std::vector<Listed> experiments = listed(pattern);
  if (options.json) {
    print_json(experiments);
  } else {
    print_text(experiments);
    if (experiments.empty()) {
      core::log_info(options.pattern.empty()
                         ? "there is no experiment in " +
                               core::Project::get().experiments().string()
                         : fmt::format("no experiment matches '{}'", options.pattern));
    }
  }
  return 0;
}

}  // namespace

Command add_list(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* app = program.add_subcommand("list", "The experiments, or the runs on this machine");
  app->add_option("regex", options->pattern,
                  "Only those whose id or title matches (upper and lower case are the same)");
  app->add_flag("--runs", options->runs, "The runs on this machine, newest first");
  app->add_flag("--json", options->json, "For scripts");
  app->footer(
      "Examples:\n"
      "  ersatz list                 every experiment, its profiles and results\n"
      "  ersatz list 'mnist|fonts'   some of them\n"
      "  ersatz list --runs          RUNNING, FINISHED, FAILED, INTERRUPTED or DEAD\n"
      "  ersatz list --json | jq -r '.[].id'\n");
  return {app, [options] { return run(*options); }};
}

}  // namespace ersatz::cli
