#include "cli/list_runs.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "cli/text_layout.h"
#include "core/error.h"
#include "core/log.h"
#include "core/project.h"
#include "core/run_directory.h"

namespace ersatz::cli {
namespace {

using core::Json;

std::string settings_words(const core::RunRequest& request) {
  std::vector<std::string> words = request.overrides;
  if (request.seed) words.push_back(fmt::format("seed={}", *request.seed));
  if (!request.only.empty()) words.push_back("only " + request.only);
  if (request.force) words.push_back("force");
  if (!request.from.empty()) words.push_back("from " + request.from);
  if (request.parts != 0) words.push_back(fmt::format("parts={}", request.parts));
  return fmt::format("{}", fmt::join(words, " "));
}

Json run_json(const core::RunDirectory& run) {
  const Json status = run.status();
  Json json = {{"folder", run.path().string()},
               {"experiment", run.path().parent_path().parent_path().filename().string()},
               {"profile", run.path().parent_path().filename().string()},
               {"state", run_state_name(run.state())},
               {"started", status.value("started", Json())},
               {"updated", status.value("updated", Json())},
               {"exit_status", status.value("exit_status", Json())},
               {"message", status.value("message", Json())}};
  try {
    json["settings"] = settings_words(run.request());
  } catch (const core::Error& error) {
    json["settings"] = "";
    json["problem"] = error.what();
  }
  return json;
}

std::string text_of(const Json& json, const char* key) {
  return json.at(key).is_string() ? json.at(key).get<std::string>() : std::string("-");
}

}  // namespace

int list_runs(const Pattern& pattern, bool json) {
  const std::filesystem::path root = core::Project::get().runs();
  Json all = Json::array();
  for (const core::RunDirectory& run : core::list_runs(root)) {
    const std::filesystem::path profile = run.path().parent_path();
    if (!pattern.matches(profile.filename().string()) &&
        !pattern.matches(profile.parent_path().filename().string())) {
      continue;
    }
    all.push_back(run_json(run));
  }
  if (json) {
    std::printf("%s\n", all.dump(2).c_str());
    return 0;
  }
  if (all.empty()) {
    core::log_info(fmt::format("no runs in {}", root.string()));
    return 0;
  }
  std::vector<std::vector<std::string>> rows = {{"state", "started", "run", "settings"}};
  for (const Json& run : all) {
    const std::filesystem::path folder = run.at("folder").get<std::string>();
    rows.push_back({run.at("state").get<std::string>(), text_of(run, "started"),
                    folder.lexically_relative(root).string(),
                    run.contains("problem") ? "(run.json cannot be read)"
                                            : run.at("settings").get<std::string>()});
  }
  std::printf("%s", aligned(rows).c_str());
  std::printf("in %s; `ersatz resume RUN` continues one\n", root.c_str());
  return 0;
}

}  // namespace ersatz::cli
