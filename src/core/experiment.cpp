#include "core/experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "core/error.h"

namespace ersatz::core {
namespace {

// A function-local static: registration may run before any other static of this library.
std::vector<Experiment>& experiments() {
  static std::vector<Experiment> all;
  return all;
}

}  // namespace

bool register_experiment(const Experiment& experiment) {
  for (const Experiment& other : experiments()) {
    if (other.id != experiment.id) continue;
    std::fprintf(stderr, "ersatz: experiment '%s' is registered twice:\n  %s:%d\n  %s:%d\n",
                 experiment.id.c_str(), other.source_file, other.source_line,
                 experiment.source_file, experiment.source_line);
    std::exit(1);
  }
  experiments().push_back(experiment);
  std::sort(experiments().begin(), experiments().end(),
            [](const Experiment& a, const Experiment& b) { return a.id < b.id; });
  return true;
}

const std::vector<Experiment>& registered_experiments() { return experiments(); }

void FinishedStages::add(std::string name, std::filesystem::path dir, Json summary) {
  finished_[std::move(name)] = Entry{std::move(dir), std::move(summary)};
}

bool FinishedStages::has(std::string_view name) const {
  return finished_.find(name) != finished_.end();
}

const std::filesystem::path& FinishedStages::dir(std::string_view name) const {
  const auto found = finished_.find(name);
  if (found == finished_.end()) throw Error::internal(fmt::format("stage '{}' did not run", name));
  return found->second.dir;
}

const Json& FinishedStages::summary(std::string_view name) const {
  const auto found = finished_.find(name);
  if (found == finished_.end()) throw Error::internal(fmt::format("stage '{}' did not run", name));
  return found->second.summary;
}

void FinishedStages::add_failed(std::string name, std::string reason) {
  failed_[std::move(name)] = std::move(reason);
}

std::optional<std::string> FinishedStages::failure(std::string_view name) const {
  const auto found = failed_.find(name);
  if (found == failed_.end()) return std::nullopt;
  return found->second;
}

}  // namespace ersatz::core
