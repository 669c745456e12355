// A run is a list of stages, declared before anything is computed.
//
// A stage turns its inputs (earlier stages, datasets) and a slice of the configuration into a
// folder of files and a small JSON summary. Its content key is the digest of everything its output
// depends on; a finished stage with the same key is reused, by any run. Because keys depend on
// keys and never on outputs, the whole plan is known (and can be printed with --dry-run) before
// the first stage runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace ersatz::core {

class StageContext;

inline constexpr const char* kTrainingLog = "metrics.jsonl";

struct StageSpec {
  std::string name;  // unique in the run: "classifier/original/385/seed-2"
  std::string kind;  // groups stages with the same code: "classifier"; names the cache folder
  int version = 1;   // raise when the code changes what the stage writes
  Json config;       // flat object: the settings its output depends on, including its seed
  std::vector<std::string> inputs;             // names of earlier stages
  std::map<std::string, std::string> digests;  // outside inputs: "mnist" -> sha256
  // Only read by later stages: it is made only when one of them has to run.
  bool intermediate = false;
  bool numeric = true;  // floating-point kernels: device, library version and threads join the key
  // Of a run on several ranks, all of them run the body, with the same inputs: rank 0's files are
  // kept. Other stages are rank 0's alone.
  bool collective = false;
  double work = 0;              // amount of work, for cost estimates: steps, images
  double seconds_per_work = 0;  // a first guess on 2 cores, until the machine has its own figure
  // What a unit of work depends on, such as "squeezenet1_0, 224 px": the machine's figure is that
  // of stages of the same kind and pace.
  std::string pace;
  // Writes its files into context.dir() and returns the summary. May checkpoint below
  // context.checkpoint_dir(), which survives interruption and is not part of the output. It may be
  // called again with a checkpoint whose work is done: it takes files from there with keep().
  std::function<Json(StageContext&)> body;
};

class StageContext {
 public:
  StageContext(const StageSpec& spec, std::filesystem::path dir,
               std::map<std::string, std::filesystem::path> input_dirs,
               std::map<std::string, Json> input_summaries);

  const StageSpec& spec() const { return spec_; }
  // Where the stage writes its output files.
  const std::filesystem::path& dir() const { return dir_; }
  // For resumable state; removed when the stage completes.
  std::filesystem::path checkpoint_dir() const;
  // Where a training writes its log: beside the checkpoint, so that it goes on with it. When the
  // stage completes, the log becomes dir()/kTrainingLog; the body has nothing to do for that.
  std::filesystem::path training_log() const;
  // Makes a file or folder of the checkpoint part of the output, under its own name or `name` (may
  // lead through folders). The checkpoint keeps it, too: a step after this may fail.
  void keep(const std::filesystem::path& made, const std::filesystem::path& name = {}) const;
  // Folder / summary of a declared input. Error::internal when it was not declared.
  const std::filesystem::path& input(std::string_view stage_name) const;
  const Json& input_summary(std::string_view stage_name) const;

 private:
  const StageSpec& spec_;
  std::filesystem::path dir_;
  std::map<std::string, std::filesystem::path> input_dirs_;
  std::map<std::string, Json> input_summaries_;
};

class StageGraph {
 public:
  // Error::internal for a duplicate name or an input that was not declared before.
  // Returns the name, to be used as an input of later stages.
  std::string add(StageSpec spec);

  const std::vector<StageSpec>& stages() const { return stages_; }
  const StageSpec* find(std::string_view name) const;

 private:
  std::vector<StageSpec> stages_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

}  // namespace ersatz::core
