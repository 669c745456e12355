#include "cli/candidates.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "cli/find_run.h"
#include "cli/option_values.h"
#include "core/config.h"
#include "core/project.h"
#include "data/fetch/manifest.h"

namespace ersatz::cli {
namespace {

namespace fs = std::filesystem;
using core::Project;
using Words = std::vector<std::string>;

void append(Words& words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
}

Words visible_commands(const CLI::App& program) {
  Words names;
  for (const CLI::App* app : program.get_subcommands([](const CLI::App*) { return true; })) {
    if (!app->get_group().empty()) names.push_back(app->get_name());
  }
  return names;
}

const CLI::App* find_command(const CLI::App& program, const std::string& name) {
  for (const CLI::App* app : program.get_subcommands([](const CLI::App*) { return true; })) {
    if (app->get_name() == name) return app;
  }
  return nullptr;
}

Words flags_of(const CLI::App& app) {
  Words flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

// The option that `flag` names when it takes a value; nullptr otherwise.
const CLI::Option* valued_option(const CLI::App& app, const std::string& flag) {
  if (flag.size() < 2 || flag[0] != '-') return nullptr;
  const CLI::Option* option = app.get_option_no_throw(flag);
  return option != nullptr && option->get_items_expected_max() > 0 ? option : nullptr;
}

// Profiles of the experiments among the words; of all when none is.
Words profiles(const Words& words) {
  std::set<std::string> names;
  const Words ids = Project::get().experiment_ids();
  bool named = false;
  for (int pass = 0; pass < 2 && !named; ++pass) {
    for (const std::string& id : ids) {
      if (pass == 0 && std::find(words.begin(), words.end(), id) == words.end()) continue;
      named = named || pass == 0;
      for (std::string& name : core::profile_names(Project::get().experiments() / id)) {
        names.insert(std::move(name));
      }
    }
  }
  return {names.begin(), names.end()};
}

// "key=" for every hyperparameter of the experiments among the words.
Words override_keys(const Words& words) {
  Words keys;
  for (const std::string& id : Project::get().experiment_ids()) {
    if (std::find(words.begin(), words.end(), id) == words.end()) continue;
    for (const std::string& key :
         core::Config::load(Project::get().experiments() / id, "paper").keys()) {
      keys.push_back(key + "=");
    }
  }
  return keys;
}

Words run_names(bool unfinished_only) {
  Words names;
  for (const core::RunDirectory& run : core::list_runs(Project::get().runs())) {
    const bool unfinished = run.state() != core::RunState::kFinished && !core::is_running(run);
    if (unfinished || !unfinished_only) names.push_back(run.path().filename().string());
  }
  return names;
}

// "mnist/mini" for every results folder.
Words result_names() {
  Words names;
  std::error_code ignored;
  const fs::path root = Project::get().results();
  for (const auto& experiment : fs::directory_iterator(root, ignored)) {
    for (const auto& profile : fs::directory_iterator(experiment.path(), ignored)) {
      if (fs::exists(profile.path() / "metrics.json", ignored)) {
        names.push_back(profile.path().lexically_relative(root).string());
      }
    }
  }
  return names;
}

// `command`: "run", "train lora".
Words values_of(const std::string& command, const CLI::Option& option, const Words& words) {
  const Words& names = option.get_lnames();
  const std::string name = names.empty() ? std::string() : names.front();
  if (name == "profile") return profiles(words);
  // Others call settings of their own so.
  if (name == "override" && command == "run") return override_keys(words);
  if (name == "for") return Project::get().experiment_ids();
  return option_values(command, option);
}

Words arguments_of(const std::string& command) {
  const Words experiments = Project::get().experiment_ids();
  if (command == "run" || command == "describe" || command == "check" || command == "report" ||
      command == "list") {
    return experiments;
  }
  if (command == "fetch") return data::manifest_ids();
  if (command == "completion") return {"bash", "zsh"};
  if (command == "generate") return {"img2img", "inpaint", "txt2img"};
  Words names;
  if (command == "validate" || command == "resume") names = experiments;
  if (command == "validate") append(names, data::manifest_ids());
  if (command == "resume") append(names, run_names(true));
  if (command == "compare" || command == "export-run") {
    names = result_names();
    append(names, run_names(false));
  }
  return names;
}

Words all_candidates(const CLI::App& program, const Words& before, const std::string& current) {
  if (before.empty()) {
    return !current.empty() && current[0] == '-' ? flags_of(program) : visible_commands(program);
  }
  const CLI::App* command = find_command(program, before.front());
  if (command == nullptr) return {};
  // `ersatz weights inspect`: commands of a command.
  std::string name = before.front();
  for (std::size_t i = 1; i < before.size(); ++i) {
    if (const CLI::App* inner = find_command(*command, before[i])) {
      command = inner;
      name += " " + before[i];
    }
  }
  if (const CLI::Option* option = valued_option(*command, before.back())) {
    return values_of(name, *option, before);
  }
  if (!current.empty() && current[0] == '-') return flags_of(*command);
  // `ersatz generate` takes a mode or a command of its own.
  Words inner = visible_commands(*command);
  if (inner.empty() || command == find_command(program, before.front())) {
    append(inner, arguments_of(before.front()));
  }
  return inner;
}

}  // namespace

std::vector<std::string> completion_candidates(const CLI::App& program, const Words& words) {
  Words before;
  std::string current;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool last = i + 1 == words.size();
    if (last && words[i] != "=")
      current = words[i];
    else if (words[i] != "=")
      before.push_back(words[i]);
  }
  Words candidates;
  try {
    candidates = all_candidates(program, before, current);
  } catch (const std::exception&) {
    return {};  // a broken project must not spoil the prompt
  }
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  candidates.erase(std::remove_if(candidates.begin(), candidates.end(),
                                  [&](const std::string& candidate) {
                                    return candidate.rfind(current, 0) != 0;
                                  }),
                   candidates.end());
  return candidates;
}

}  // namespace ersatz::cli
