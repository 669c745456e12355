#include "core/stage_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "core/affix.h"
#include "core/progress.h"
#include "core/stage_checkpoint.h"
#include "core/suggest.h"

namespace ersatz::core {
namespace {

Json parts_of(const StageSpec& spec, const std::map<std::string, std::string>& keys,
              const std::string& numerics) {
  Json parts = {{"kind", spec.kind}, {"version", spec.version}, {"config", spec.config}};
  parts["inputs"] = Json::object();
  for (const std::string& input : spec.inputs) parts["inputs"][input] = keys.at(input);
  parts["digests"] = Json::object();
  for (const auto& [name, digest] : spec.digests) parts["digests"][name] = digest;
  parts["numerics"] = spec.numeric ? Json(numerics) : Json();
  return parts;
}

// Finished entries by the name of the stage that wrote them, read once per kind.
class History {
 public:
  explicit History(const StageCache& cache) : cache_(cache) {}

  std::string explain(const StageSpec& spec, const Json& parts) {
    const auto& entries = of_kind(spec.kind);
    std::string best;
    std::size_t best_length = std::string::npos;
    for (const CacheEntry& entry : entries) {
      if (entry.name != spec.name) continue;
      const std::string text = explain_difference(entry.key_parts, parts);
      if (text.size() < best_length) {
        best = text;
        best_length = text.size();
      }
    }
    return best.empty() ? "never run" : best;
  }

  std::optional<double> seconds_per_work(const StageSpec& spec) {
    const auto key = std::pair(spec.kind, spec.pace);
    const auto found = rates_.find(key);
    if (found != rates_.end()) return found->second;
    return rates_[key] = cache_.seconds_per_work(spec.kind, spec.pace);
  }

 private:
  const std::vector<CacheEntry>& of_kind(const std::string& kind) {
    const auto found = entries_.find(kind);
    if (found != entries_.end()) return found->second;
    return entries_[kind] = cache_.entries(kind);
  }

  const StageCache& cache_;
  std::map<std::string, std::vector<CacheEntry>> entries_;
  std::map<std::pair<std::string, std::string>, std::optional<double>> rates_;  // kind, pace
};

void require_match(const StageGraph& graph, const std::string& prefix) {
  if (prefix.empty()) return;
  std::vector<std::string> names;
  for (const StageSpec& spec : graph.stages()) {
    if (starts_with(spec.name, prefix)) return;
    names.push_back(spec.name);
  }
  throw unknown_name("stage", prefix, names);
}

std::set<std::string> selected_names(const StageGraph& graph, const std::string& only) {
  std::set<std::string> names;
  const auto& stages = graph.stages();
  for (auto it = stages.rbegin(); it != stages.rend(); ++it) {
    if (only.empty() || starts_with(it->name, only) || names.count(it->name) != 0) {
      names.insert(it->name);
      names.insert(it->inputs.begin(), it->inputs.end());
    }
  }
  return names;
}

const char* fate_text(StageFate fate) {
  switch (fate) {
    case StageFate::kReuse:
      return "reuse";
    case StageFate::kRun:
      return "run";
    case StageFate::kNotNeeded:
      return "not needed";
  }
  return "";
}

}  // namespace

std::vector<PlannedStage> plan_stages(const StageGraph& graph, const StageCache& cache,
                                      const PlanOptions& options) {
  require_match(graph, options.from);
  require_match(graph, options.only);
  const std::set<std::string> selected = selected_names(graph, options.only);
  std::map<std::string, std::string> keys;
  std::set<std::string> forced;
  std::vector<PlannedStage> plan;
  History history(cache);
  for (const StageSpec& spec : graph.stages()) {
    PlannedStage stage;
    stage.spec = &spec;
    const bool divided = spec.collective && !options.collective_numerics.empty();
    stage.key_parts =
        parts_of(spec, keys, divided ? options.collective_numerics : options.numerics);
    stage.key = stage_key(stage.key_parts);
    keys[spec.name] = stage.key;
    if (selected.count(spec.name) == 0) continue;
    const bool after_forced =
        std::any_of(spec.inputs.begin(), spec.inputs.end(),
                    [&](const auto& name) { return forced.count(name) != 0; });
    if (options.force)
      stage.reason = "forced";
    else if (!options.from.empty() && starts_with(spec.name, options.from))
      stage.reason = "--from";
    else if (after_forced)
      stage.reason = "follows a forced stage";
    stage.forced = !stage.reason.empty();
    if (stage.forced) forced.insert(spec.name);
    const auto entry =
        stage.forced && options.since.empty() ? std::nullopt : cache.find(spec.kind, stage.key);
    // Within the second in which the run began it may as well have been there before.
    if (entry && (!stage.forced || entry->finished > options.since)) {
      stage.fate = StageFate::kReuse;
      stage.forced = false;
      stage.reason.clear();
    } else if (!stage.forced) {
      stage.reason = history.explain(spec, stage.key_parts);
    }
    plan.push_back(std::move(stage));
  }
  // From the last stage back: an intermediate stage runs only for a consumer that runs.
  std::set<std::string> wanted;
  for (auto stage = plan.rbegin(); stage != plan.rend(); ++stage) {
    const StageSpec& spec = *stage->spec;
    const bool asked_for = !options.only.empty() && starts_with(spec.name, options.only);
    if (stage->fate == StageFate::kRun && spec.intermediate && !asked_for &&
        wanted.count(spec.name) == 0) {
      stage->fate = StageFate::kNotNeeded;
      stage->reason.clear();
    }
    if (stage->fate == StageFate::kRun) wanted.insert(spec.inputs.begin(), spec.inputs.end());
  }
  for (PlannedStage& stage : plan) {
    if (stage.fate != StageFate::kRun) continue;
    const auto measured = history.seconds_per_work(*stage.spec);
    stage.measured_cost = measured.has_value();
    stage.expected_seconds = stage.spec->work * measured.value_or(stage.spec->seconds_per_work);
    if (stage.forced) stage.since = options.since;
    stage.checkpointed = has_checkpoint(cache.partial_dir(stage.spec->kind, stage.key), stage);
    if (stage.checkpointed) stage.reason = "interrupted before: continues from its checkpoint";
  }
  return plan;
}

std::string plan_text(const std::vector<PlannedStage>& plan, bool every_stage) {
  struct Group {
    std::string label, fate, reason;
    int count = 0;
    double seconds = 0;
    bool measured = false;
  };
  std::vector<Group> groups;
  double total = 0;
  bool unknown = false;
  int runs = 0, reused = 0;
  for (const PlannedStage& stage : plan) {
    const std::string fate = fate_text(stage.fate);
    total += stage.expected_seconds;
    unknown = unknown || (stage.fate == StageFate::kRun && stage.expected_seconds <= 0);
    runs += stage.fate == StageFate::kRun ? 1 : 0;
    reused += stage.fate == StageFate::kReuse ? 1 : 0;
    const auto like = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
      return !every_stage && group.label == stage.spec->kind && group.fate == fate &&
             group.reason == stage.reason;
    });
    if (like != groups.end()) {
      ++like->count;
      like->seconds += stage.expected_seconds;
      continue;
    }
    groups.push_back({every_stage ? stage.spec->name : stage.spec->kind, fate, stage.reason, 1,
                      stage.expected_seconds, stage.measured_cost});
  }
  std::size_t width = 5;
  for (const Group& group : groups) width = std::max(width, group.label.size());
  std::string text = fmt::format("{:<{}}  {:>5}  {:<10}  {:>14}  why\n", "stage", width, "count",
                                 "fate", "expected cost");
  for (const Group& group : groups) {
    const std::string cost = group.fate != "run" ? "-"
                             : group.seconds <= 0
                                 ? "unknown"
                                 : (group.measured ? "" : "~") + human_duration(group.seconds);
    text += fmt::format("{:<{}}  {:>5}  {:<10}  {:>14}  {}\n", group.label, width, group.count,
                        group.fate, cost, group.reason);
  }
  text += fmt::format(
      "{} stages to run, {} reused; expected time {}{} (~: first guess, not yet "
      "measured on this machine)\n",
      runs, reused, human_duration(total), unknown ? " and what is unknown" : "");
  return text;
}

Json plan_json(const std::vector<PlannedStage>& plan) {
  Json out = Json::array();
  for (const PlannedStage& stage : plan) {
    out.push_back({{"name", stage.spec->name},
                   {"kind", stage.spec->kind},
                   {"key", stage.key},
                   {"fate", fate_text(stage.fate)},
                   {"reason", stage.reason},
                   {"expected_s", stage.expected_seconds},
                   {"measured_cost", stage.measured_cost}});
  }
  return out;
}

}  // namespace ersatz::core
