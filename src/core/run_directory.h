// One run's folder: runs/<experiment>/<profile>/<utc>-<config digest>/
//
//   run.json               what was asked: experiment, profile, overrides, seed, device, stages
//   config.resolved.toml   every hyperparameter
//   status.json            CREATED, RUNNING, FINISHED, FAILED or INTERRUPTED; who runs it
//   log.txt, plan.json, provenance.json
//
// A RUNNING record whose process is gone reads as DEAD. All but FINISHED can be resumed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/json.h"

namespace ersatz::core {

enum class RunState { kCreated, kRunning, kFinished, kFailed, kInterrupted, kDead };
const char* run_state_name(RunState state);

struct RunRequest {
  std::string experiment, profile;  // profile: name, or path of a user's file
  std::vector<std::string> overrides;
  std::optional<std::int64_t> seed;
  std::string device = "auto";
  bool keep_going = false;
  std::string only;        // a run restricted to some stages
  bool force = false;      // every stage again
  std::string from;        // these again, and what follows
  std::int64_t parts = 0;  // that batches are divided into; 0: not asked for
};

class RunDirectory {
 public:
  // A new folder, unique also when two processes start in the same second.
  static RunDirectory create(const std::filesystem::path& runs_root, const RunRequest& request,
                             const Config& config);
  // Error::missing when it is not a run folder.
  static RunDirectory open(const std::filesystem::path& folder);

  const std::filesystem::path& path() const { return path_; }
  RunRequest request() const;
  RunState state() const;
  Json status() const;
  // When it began, as utc_now(), however often it was continued; empty when its status is lost.
  std::string started() const;
  void set_state(RunState state, std::string_view message = {}, int exit_status = 0);

 private:
  explicit RunDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

// Whether the process of the run still works on it. Runs of other machines that say RUNNING count
// as running.
bool is_running(const RunDirectory& run);

// Error::usage, which names the process, when it does. A run whose status was lost may be resumed.
void check_not_running(const RunDirectory& run);

// All runs below `runs_root`, newest first.
std::vector<RunDirectory> list_runs(const std::filesystem::path& runs_root);

}  // namespace ersatz::core
