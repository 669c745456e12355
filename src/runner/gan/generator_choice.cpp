#include "runner/gan/generator_choice.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "core/project.h"
#include "core/run_directory.h"
#include "core/stage_cache.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::RunDirectory;

constexpr const char* kExperiment = "clothing";
constexpr const char* kFile = "generator.safetensors";

bool is_ours(const RunDirectory& run) { return run.request().experiment == kExperiment; }

RunDirectory newest_finished() {
  for (const RunDirectory& run : core::list_runs(core::Project::get().runs())) {
    if (is_ours(run) && run.state() == core::RunState::kFinished) return run;
  }
  throw core::Error::missing(
      fmt::format("there is no finished run of the experiment {}", kExperiment),
      fmt::format("`ersatz run {}` trains a generator; --weights names the file of one",
                  kExperiment));
}

RunDirectory named_run(const std::string& name) {
  std::error_code ignored;
  if (fs::exists(fs::path(name) / "run.json", ignored)) return RunDirectory::open(name);
  std::vector<RunDirectory> fitting;
  for (const RunDirectory& run : core::list_runs(core::Project::get().runs())) {
    const std::string folder = run.path().filename().string();
    if (folder == name) return run;
    if (is_ours(run) && folder.rfind(name, 0) == 0) fitting.push_back(run);
  }
  if (fitting.size() > 1) {
    throw core::Error::usage(fmt::format("{} runs begin with '{}'", fitting.size(), name),
                             "`ersatz list --runs` shows their whole names");
  }
  if (fitting.empty()) {
    throw core::Error::missing(fmt::format("there is no run '{}'", name),
                               "`ersatz list --runs` shows those that there are");
  }
  return fitting.front();
}

}  // namespace

GeneratorChoice choose_generator(const CganOptions& options) {
  if (!options.weights.empty()) {
    if (!fs::is_regular_file(options.weights)) {
      throw core::Error::missing(fmt::format("there is no file {}", options.weights));
    }
    return {options.weights, "", ""};
  }
  const RunDirectory run = options.run.empty() ? newest_finished() : named_run(options.run);
  const std::string name = run.path().filename().string();
  if (!is_ours(run)) {
    throw core::Error::usage(
        fmt::format("{} is a run of {}, not of {}", name, run.request().experiment, kExperiment));
  }
  const core::StageCache cache(core::Project::get().runs() / "cache");
  for (const core::Json& stage : core::read_json(run.path() / "plan.json")) {
    const auto stage_name = stage.at("name").get<std::string>();
    if (stage_name.rfind(options.stage, 0) != 0) continue;
    const fs::path file =
        cache.entry_dir(stage.at("kind").get<std::string>(), stage.at("key").get<std::string>()) /
        kFile;
    if (fs::is_regular_file(file)) return {file, name, stage_name};
    throw core::Error::missing(
        fmt::format("the output of stage {} of run {} is not there", stage_name, name),
        "the run did not come so far, or `ersatz gc` removed it; run it again");
  }
  throw core::Error::missing(
      fmt::format("run {} has no stage '{}'", name, options.stage),
      "generators are those of gan/article, gan/baseline, gan/foreground, ...");
}

}  // namespace ersatz::runner
