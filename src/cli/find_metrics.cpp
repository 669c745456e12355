#include "cli/find_metrics.h"

#include <fmt/format.h>

#include <vector>

#include "cli/find_run.h"
#include "core/error.h"
#include "core/json.h"
#include "core/project.h"

namespace ersatz::cli {
namespace {

namespace fs = std::filesystem;

// The metrics of a folder: its own, or those a run wrote below its results/. Empty when none.
fs::path metrics_in(const fs::path& folder) {
  std::error_code error;
  if (fs::is_regular_file(folder / "metrics.json", error)) return folder / "metrics.json";
  std::vector<fs::path> found;
  for (fs::recursive_directory_iterator it(folder / "results", error), end; it != end;
       it.increment(error)) {
    if (error) break;
    if (it->path().filename() == "metrics.json" &&
        it->path().parent_path().extension() != ".partial") {
      found.push_back(it->path());
    }
  }
  return found.size() == 1 ? found.front() : fs::path();
}

}  // namespace

fs::path find_metrics(const std::string& name) {
  std::error_code ignored;
  if (fs::is_regular_file(name, ignored)) return name;
  for (const fs::path& folder : {fs::path(name), core::Project::get().results() / name}) {
    const fs::path file = metrics_in(folder);
    if (!file.empty()) return file;
  }
  if (const auto run = find_run(name)) {
    const fs::path file = metrics_in(run->path());
    if (!file.empty()) return file;
    throw core::Error::missing(
        fmt::format("the run {} ({}) has no results of its own", run->path().string(),
                    run_state_name(run->state())),
        run->state() == core::RunState::kFinished
            ? fmt::format("what it published is in {}/{}", experiment_of(*run), profile_of(*run))
            : "`ersatz resume` finishes it");
  }
  throw core::Error::missing(
      fmt::format("'{}' is neither a metrics file, nor a folder or run with results", name),
      "e.g. results/mnist/mini, mnist/mini, or the name of a run (`ersatz list --runs`)");
}

NamedMetrics read_metrics(const fs::path& file) {
  const core::Json json = core::read_json(file);
  if (json.is_array()) return {"", core::MetricTable::from_json(json)};
  if (!json.is_object() || !json.contains("metrics")) {
    throw core::Error::untrusted(file, "has no \"metrics\"");
  }
  NamedMetrics named;
  if (json.contains("experiment") && json.at("experiment").is_string()) {
    named.experiment = json.at("experiment").get<std::string>();
  }
  named.metrics = core::MetricTable::from_json(json.at("metrics"));
  return named;
}

}  // namespace ersatz::cli
