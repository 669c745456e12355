#include "core/run_directory.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "core/error.h"
#include "core/file_system.h"
#include "core/machine.h"
#include "core/printable.h"

namespace ersatz::core {
namespace {

std::string folder_stamp() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return text;
}

Json request_json(const RunRequest& request) {
  Json json = {{"experiment", request.experiment},
               {"profile", request.profile},
               {"overrides", request.overrides},
               {"seed", request.seed ? Json(*request.seed) : Json()},
               {"device", request.device},
               {"keep_going", request.keep_going},
               {"only", request.only},
               {"force", request.force},
               {"from", request.from},
               {"parts", request.parts}};
  return json;
}

// Whether each part of a status that is there is what set_state writes.
bool is_status(const Json& json) {
  if (!json.is_object()) return false;
  for (const auto& [key, value] : json.items()) {
    const bool whole = key == "pid" || key == "pid_start" || key == "exit_status";
    const bool text =
        key == "state" || key == "host" || key == "started" || key == "updated" || key == "message";
    if ((whole && !value.is_number_integer()) || (text && !value.is_string())) return false;
  }
  return true;
}

}  // namespace

const char* run_state_name(RunState state) {
  switch (state) {
    case RunState::kCreated:
      return "CREATED";
    case RunState::kRunning:
      return "RUNNING";
    case RunState::kFinished:
      return "FINISHED";
    case RunState::kFailed:
      return "FAILED";
    case RunState::kInterrupted:
      return "INTERRUPTED";
    case RunState::kDead:
      return "DEAD";
  }
  return "";
}

RunDirectory RunDirectory::create(const fs::path& runs_root, const RunRequest& request,
                                  const Config& config) {
  const fs::path parent = runs_root / request.experiment / config.profile();
  make_directories(parent);
  const std::string stem = fmt::format("{}-{}", folder_stamp(), config.digest().substr(0, 8));
  fs::path path = parent / stem;
  // mkdir is the race-free test: whoever creates the folder owns it.
  for (int attempt = 2; ::mkdir(path.c_str(), 0777) != 0; ++attempt) {
    if (errno != EEXIST) throw Error::io("create folder", path, errno);
    path = parent / fmt::format("{}-{}", stem, attempt);
  }
  RunDirectory run(path);
  // run.json last: a folder with it is a run, and has a state.
  run.set_state(RunState::kCreated);
  write_file_atomic(path / "config.resolved.toml", config.to_toml());
  write_json(path / "run.json", request_json(request));
  return run;
}

RunDirectory RunDirectory::open(const fs::path& folder) {
  if (!fs::exists(folder / "run.json")) {
    throw Error::missing(fmt::format("{} is not a run folder (no run.json)", folder.string()),
                         "`ersatz list --runs` shows the runs");
  }
  return RunDirectory(fs::absolute(folder).lexically_normal());
}

RunRequest RunDirectory::request() const {
  const fs::path file = path_ / "run.json";
  const Json json = read_json(file);
  try {
    RunRequest request;
    request.experiment = json.at("experiment").get<std::string>();
    request.profile = json.at("profile").get<std::string>();
    request.overrides = json.at("overrides").get<std::vector<std::string>>();
    if (!json.at("seed").is_null()) request.seed = json.at("seed").get<std::int64_t>();
    request.device = json.at("device").get<std::string>();
    request.keep_going = json.at("keep_going").get<bool>();
    request.only = json.at("only").get<std::string>();
    // Not in those of earlier versions.
    request.force = json.value("force", false);
    request.from = json.value("from", std::string());
    request.parts = json.value("parts", std::int64_t{0});
    return request;
  } catch (const Json::exception& error) {
    throw Error::untrusted(file, error.what());
  }
}

Json RunDirectory::status() const {
  try {
    Json json = read_json(path_ / "status.json");
    if (is_status(json)) return json;
  } catch (const Error&) {
  }
  return Json::object();  // no status yet
}

std::string RunDirectory::started() const { return status().value("started", std::string()); }

RunState RunDirectory::state() const {
  const Json json = status();
  const std::string name = json.value("state", std::string("CREATED"));
  for (const RunState state : {RunState::kCreated, RunState::kRunning, RunState::kFinished,
                               RunState::kFailed, RunState::kInterrupted}) {
    if (name != run_state_name(state)) continue;
    const bool unfinished = state == RunState::kRunning || state == RunState::kCreated;
    const bool here = json.value("host", std::string()) == this_machine().host;
    if (unfinished && here &&
        !process_alive(json.value("pid", std::int64_t{0}),
                       json.value("pid_start", std::uint64_t{0}))) {
      return RunState::kDead;
    }
    return state;
  }
  return RunState::kDead;
}

void RunDirectory::set_state(RunState state, std::string_view message, int exit_status) {
  const std::int64_t pid = ::getpid();
  const Json before = status();
  Json json = {{"state", run_state_name(state)},
               {"pid", pid},
               {"pid_start", process_start_ticks(pid)},
               {"host", this_machine().host},
               {"started", before.value("started", utc_now())},
               {"updated", utc_now()},
               {"exit_status", exit_status},
               {"message", printable(message, 4000, /*keep_lines=*/true)}};
  write_json(path_ / "status.json", json);
}

bool is_running(const RunDirectory& run) {
  const RunState state = run.state();
  return state == RunState::kRunning || state == RunState::kCreated;
}

void check_not_running(const RunDirectory& run) {
  const Json status = run.status();
  if (status.empty() || !is_running(run)) return;
  const std::string host = status.value("host", std::string());
  throw Error::usage(
      fmt::format("{} is being run at this moment (process {} on {})", run.path().string(),
                  status.value("pid", std::int64_t{0}), host.empty() ? "an unknown machine" : host),
      host == this_machine().host
          ? "wait for it, or stop that process first"
          : "wait for it, or stop that process first; if that machine is no more, the command that "
            "began the run goes on from its checkpoints");
}

std::vector<RunDirectory> list_runs(const fs::path& runs_root) {
  std::vector<RunDirectory> runs;
  std::error_code ignored;
  for (const auto& experiment : fs::directory_iterator(runs_root, ignored)) {
    if (!experiment.is_directory() || experiment.path().filename() == "cache") continue;
    for (const auto& profile : fs::directory_iterator(experiment.path(), ignored)) {
      if (!profile.is_directory()) continue;
      for (const auto& run : fs::directory_iterator(profile.path(), ignored)) {
        if (fs::exists(run.path() / "run.json")) runs.push_back(RunDirectory::open(run.path()));
      }
    }
  }
  std::sort(runs.begin(), runs.end(), [](const RunDirectory& a, const RunDirectory& b) {
    return a.path().filename() > b.path().filename();
  });
  return runs;
}

}  // namespace ersatz::core
