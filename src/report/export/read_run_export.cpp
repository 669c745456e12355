#include "report/export/read_run_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <set>

#include "core/config.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/plain_name.h"
#include "core/stage_cache.h"
#include "report/export/training_log.h"
#include "report/result_record.h"

namespace ersatz::report {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr const char* kLog = "metrics.jsonl";
constexpr std::int64_t kMillisecond = 1000;
constexpr double kMaxSeconds = 1e10;  // of a training: 300 years

// "2026-11-20T15:18:39Z" -> ms since 1970; 0 when it is anything else.
std::int64_t milliseconds(const Json& json, const char* key) {
  if (!json.is_object() || !json.contains(key) || !json.at(key).is_string()) return 0;
  std::tm time{};
  const auto text = json.at(key).get<std::string>();
  const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &time);
  if (end == nullptr || *end != '\0') return 0;
  return std::max<std::int64_t>(0, ::timegm(&time)) * kMillisecond;
}

std::string word(const Json& json, const char* key) {
  if (!json.is_object() || !json.contains(key)) return {};
  const Json& value = json.at(key);
  if (value.is_null()) return {};
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Json part(const Json& json, const char* key) {
  return json.is_object() && json.contains(key) ? json.at(key) : Json();
}

// nullopt for what is no finite number.
std::optional<double> finite(const Json& json, const char* key) {
  const Json value = part(json, key);
  if (!value.is_number() || !std::isfinite(value.get<double>())) return std::nullopt;
  return value.get<double>();
}

// An entry of verdicts.json.
ExportedVerdict verdict_of(const Json& claim) {
  const Json effect = part(claim, "effect");
  return {word(claim, "claim"),  word(claim, "statement"), word(claim, "status"),
          word(claim, "reason"), finite(effect, "value"),  finite(effect, "lo"),
          finite(effect, "hi"),  word(effect, "unit"),     word(effect, "words")};
}

// Nested objects become dotted names.
void add_settings(const std::string& prefix, const Json& json,
                  std::map<std::string, std::string>& settings) {
  for (const auto& [key, value] : json.items()) {
    const std::string name = prefix.empty() ? key : prefix + "." + key;
    if (value.is_object()) {
      add_settings(name, value, settings);
    } else {
      settings[name] = value.is_string() ? value.get<std::string>() : value.dump();
    }
  }
}

void take_provenance(const Json& provenance, RunExport& run) {
  const Json ersatz = part(provenance, "ersatz"), machine = part(provenance, "machine");
  run.version = word(ersatz, "version");
  run.commit = word(ersatz, "commit");
  run.uncommitted = word(ersatz, "uncommitted");
  run.started = milliseconds(provenance, "started");
  run.finished = milliseconds(provenance, "finished");
  for (const char* key : {"cpu", "device", "device_name", "numerics", "os", "threads"}) {
    const std::string value = word(machine, key);
    if (!value.empty()) run.facts[fmt::format("machine.{}", key)] = value;
  }
  for (const char* key : {"compute_s", "wall_s", "peak_memory_bytes"}) {
    const std::string value = word(part(provenance, "cost"), key);
    if (!value.empty()) run.facts[fmt::format("cost.{}", key)] = value;
  }
  const Json config = part(part(provenance, "run"), "config");
  if (config.is_object()) add_settings("", config, run.settings);
}

// A folder that is not there holds nothing; of one that cannot be listed that is not known.
void require_listed(const std::error_code& error, const fs::path& folder) {
  if (error && error != std::errc::no_such_file_or_directory) {
    throw core::Error::io("list", folder, error.value());
  }
}

// Every regular file below `folder` that `wanted` accepts, as "<prefix><relative path>".
template <class Wanted>
void add_files(const fs::path& folder, const std::string& prefix, RunExport& run, Wanted wanted) {
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const fs::path relative = it->path().lexically_relative(folder);
    if (it->is_directory() && it->path().extension() == ".partial") it.disable_recursion_pending();
    if (it->is_symlink() || !it->is_regular_file() || !wanted(relative)) continue;
    run.files.push_back({prefix + relative.generic_string(), it->path()});
  }
  require_listed(error, folder);
  std::sort(run.files.begin(), run.files.end(),
            [](const ExportedFile& a, const ExportedFile& b) { return a.name < b.name; });
}

void add_pictures_below(const fs::path& folder, const std::string& prefix, RunExport& run) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_regular_file() && entry.path().extension() == ".png") files.push_back(entry);
  }
  require_listed(error, folder);
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files)
    run.pictures.push_back({prefix + file.stem().string(), file, ""});
}

// The log of a stage, finished or (beside its checkpoint) not; empty when it has none.
fs::path stage_log(const core::StageCache& cache, const std::string& kind, const std::string& key) {
  const fs::path partial = cache.partial_dir(kind, key);
  for (const fs::path& file :
       {cache.entry_dir(kind, key) / kLog, partial / "checkpoint" / kLog, partial / kLog}) {
    if (fs::is_regular_file(file)) return file;
  }
  return {};
}

// Curves of the stages of a provenance record or a plan; `stages`: name -> key.
void add_stage_curves(const std::map<std::string, std::string>& stages, const fs::path& root,
                      RunExport& run) {
  const core::StageCache cache(root);
  const std::vector<std::string> kinds = cache.kinds();
  for (const auto& [name, key] : stages) {
    if (!core::plain_name(key)) {
      run.warnings.push_back(
          fmt::format("stage {} has the key '{}', which none in the cache has", name, key));
      continue;
    }
    for (const std::string& kind : kinds) {
      const fs::path file = stage_log(cache, kind, key);
      if (file.empty()) continue;
      for (Curve& curve : read_training_log(file, name + "/", run.warnings)) {
        run.curves.push_back(std::move(curve));
      }
      break;
    }
  }
}

std::map<std::string, std::string> stages_of(const Json& provenance) {
  std::map<std::string, std::string> stages;
  const Json all = part(provenance, "stages");
  for (const auto& [name, key] : all.items()) {
    if (key.is_string() && !key.get<std::string>().empty()) stages[name] = key.get<std::string>();
  }
  return stages;
}

void take_results(const fs::path& folder, const std::string& prefix, const ResultRecord& record,
                  RunExport& run) {
  run.title = record.profile_title;
  run.command = record.command;
  run.metrics = record.metrics;
  run.notes = record.differs;
  run.notes.insert(run.notes.end(), record.notes.begin(), record.notes.end());
  if (!record.data_label.empty()) run.facts["data"] = record.data_label;
  run.facts["card_version"] = std::to_string(record.card_version);
  const fs::path verdicts = folder / "verdicts.json";
  if (fs::exists(verdicts)) {
    for (const Json& claim : part(core::read_json(verdicts), "claims")) {
      run.verdicts.push_back(verdict_of(claim));
    }
  }
  for (const core::Picture& picture : record.pictures) {
    const fs::path file = folder / picture.file;
    if (fs::is_regular_file(file)) {
      run.pictures.push_back({"pictures/" + picture.name, file, picture.caption});
    } else {
      run.warnings.push_back(fmt::format("picture {} is missing", picture.name));
    }
  }
  add_pictures_below(folder / "plots", "plots/", run);
  add_files(folder, prefix, run, [](const fs::path&) { return true; });
}

// The results of a run, wherever they are; empty when it has none.
fs::path results_of(const core::RunDirectory& run, const std::string& profile,
                    const Json& provenance, const fs::path& results_root) {
  const std::string experiment = run.request().experiment;
  if (!core::plain_name(experiment)) {
    throw core::Error::untrusted(run.path() / "run.json",
                                 fmt::format("the experiment '{}'", experiment));
  }
  const fs::path own = run.path() / "results" / experiment / profile;
  if (fs::exists(own / "metrics.json")) return own;
  const fs::path published = results_root / experiment / profile;
  if (provenance.is_null() || !fs::exists(published / "metrics.json") ||
      !fs::exists(published / "provenance.json")) {
    return {};
  }
  return core::read_json(published / "provenance.json") == provenance ? published : fs::path();
}

void take_status(const core::RunDirectory& directory, RunExport& run) {
  const Json status = directory.status();
  run.state = directory.state();
  run.message = word(status, "message");
  run.started = milliseconds(status, "started");
  const bool open = run.state == core::RunState::kCreated || run.state == core::RunState::kRunning;
  run.finished = open ? 0 : milliseconds(status, "updated");
}

}  // namespace

RunExport read_results_export(const fs::path& folder, const fs::path& cache) {
  const ResultRecord record = read_record(folder);
  RunExport run;
  run.experiment = record.experiment;
  run.profile = record.profile;
  run.name = record.profile;
  if (record.provenance.is_null()) {
    run.warnings.push_back(
        fmt::format("{} has no provenance.json: when and with what it was made "
                    "is not known",
                    folder.string()));
  } else {
    take_provenance(record.provenance, run);
    add_stage_curves(stages_of(record.provenance), cache, run);
  }
  take_results(folder, "", record, run);
  return run;
}

RunExport read_run_export(const core::RunDirectory& directory, const fs::path& cache,
                          const fs::path& results_root) {
  const fs::path& path = directory.path();
  RunExport run;
  run.experiment = path.parent_path().parent_path().filename().string();
  run.profile = path.parent_path().filename().string();
  run.name = run.profile + "-" + path.filename().string();
  Json provenance;
  if (fs::exists(path / "provenance.json")) provenance = core::read_json(path / "provenance.json");
  take_provenance(provenance, run);
  take_status(directory, run);
  if (run.settings.empty() && fs::exists(path / "config.resolved.toml")) {
    const auto config = core::Config::load(path, (path / "config.resolved.toml").string());
    add_settings("", config.slice(), run.settings);
  }
  std::map<std::string, std::string> stages = stages_of(provenance);
  if (stages.empty() && fs::exists(path / "plan.json")) {
    for (const Json& stage : core::read_json(path / "plan.json")) {
      if (!word(stage, "key").empty()) stages[word(stage, "name")] = word(stage, "key");
    }
  }
  add_stage_curves(stages, cache, run);
  const fs::path results = results_of(directory, run.profile, provenance, results_root);
  if (!results.empty()) take_results(results, "results/", read_record(results), run);
  add_pictures_below(path / "samples", "samples/", run);
  add_files(path, "", run, [](const fs::path& file) {
    const std::string top = file.begin()->string();
    return top != "results" && top != "model";
  });
  if (!run.is_finished()) {
    run.warnings.push_back(fmt::format("{} is {}: exported as far as it got", run.label(),
                                       core::run_state_name(run.state)));
  } else if (results.empty() && run.curves.empty()) {
    run.warnings.push_back(fmt::format(
        "{} has no results of its own, and those published since are of another run", run.label()));
  }
  return run;
}

RunExport read_training_export(const fs::path& folder) {
  fs::path path = fs::absolute(folder).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  RunExport run;
  run.experiment = "training";
  run.name = path.filename().string();
  run.title = "Training " + run.name;
  run.state = core::RunState::kInterrupted;
  for (const char* name : {"training.json", "summary.json"}) {
    if (!fs::exists(path / name)) continue;
    const Json record = core::read_json(path / name);
    run.state = core::RunState::kFinished;
    run.started = milliseconds(record, "started");
    const Json seconds = part(record, "seconds");
    if (run.started > 0 && seconds.is_number() && std::abs(seconds.get<double>()) <= kMaxSeconds) {
      run.finished = run.started + static_cast<std::int64_t>(seconds.get<double>() * kMillisecond);
    }
    for (const char* key : {"training", "recipe"}) {
      const Json settings = part(record, key);
      if (settings.is_object()) add_settings("", settings, run.settings);
    }
    const std::string model = word(record, "model");
    if (!model.empty() && part(record, "model").is_string()) run.facts["model"] = model;
    break;
  }
  run.curves = read_training_log(path / kLog, "", run.warnings);
  add_pictures_below(path / "samples", "samples/", run);
  add_files(path, "", run, [](const fs::path& file) {
    static const std::set<std::string> kWeights = {".safetensors", ".pt", ".pth", ".ckpt"};
    return file.begin()->string() != "checkpoints" && kWeights.count(file.extension()) == 0;
  });
  if (!run.is_finished()) {
    run.warnings.push_back(
        fmt::format("{} is not finished: exported as far as it got", run.label()));
  }
  return run;
}

}  // namespace ersatz::report
