#include "report/export/mlflow_store.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/json.h"
#include "report/csv.h"
#include "report/export/export_target.h"
#include "report/export/mlflow_names.h"

namespace ersatz::report {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestParameter = 6000;  // characters; MAX_PARAM_VAL_LENGTH
constexpr std::size_t kLongestTag = 5000;        // MAX_TAG_VAL_LENGTH
constexpr const char* kChangedNames = "mlflow_names.csv";
// After the name of a metric without a point where step 0 is its point 0.
constexpr const char* kBesideZero = " without point";

// mlflow.entities.RunStatus.
int status_number(core::RunState state) {
  switch (state) {
    case core::RunState::kRunning:
      return 1;
    case core::RunState::kCreated:
      return 2;
    case core::RunState::kFinished:
      return 3;
    case core::RunState::kFailed:
      return 4;
    case core::RunState::kInterrupted:
    case core::RunState::kDead:
      return 5;  // KILLED
  }
  return 4;
}

// Whether YAML takes a character as it is where JSON does: no control characters (U+0085 ends a
// line there), no other line ends, none that is no character.
bool is_yaml_text(utf8proc_int32_t code_point) {
  const bool control = code_point >= 0x7F && code_point <= 0x9F;
  const bool line_end = code_point == 0x2028 || code_point == 0x2029;
  return !control && !line_end && code_point != 0xFFFE && code_point != 0xFFFF;
}

// A JSON string, with U+FFFD for what is no UTF-8.
std::string json_string(const std::string& text) {
  return core::Json(text).dump(-1, ' ', false, core::Json::error_handler_t::replace);
}

// MLflow decodes values strictly, and one that it cannot decode makes the whole experiment
// unreadable. A training's folder may have any name.
std::string valid_text(const std::string& text) {
  return core::Json::parse(json_string(text)).get<std::string>();
}

// A double-quoted scalar: JSON's escapes are YAML's, too.
std::string quoted(const std::string& text) {
  const std::string json = json_string(text);
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(json.data());
  std::string yaml;
  for (std::size_t i = 0; i < json.size();) {
    utf8proc_int32_t code_point = 0;
    const auto read =
        utf8proc_iterate(bytes + i, static_cast<utf8proc_ssize_t>(json.size() - i), &code_point);
    const std::size_t length = read > 0 ? static_cast<std::size_t>(read) : 1;
    if (is_yaml_text(code_point))
      yaml += json.substr(i, length);
    else
      yaml += fmt::format("\\u{:04x}", code_point);
    i += length;
  }
  return yaml;
}

std::string file_uri(const fs::path& path) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string uri = "file://";
  for (const char byte : path.string()) {
    if (kPlain.find(byte) != std::string_view::npos)
      uri += byte;
    else
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(byte));
  }
  return uri;
}

std::string number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return fmt::format("{}", value);
}

// What of a line is in the key of MLflow's table of metrics. It stores infinity as the largest
// double, and NaN as 0 with a mark.
using MetricKey = std::tuple<std::int64_t, bool, double>;

MetricKey metric_key(const CurvePoint& point) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  if (std::isnan(point.value)) return {point.step, true, 0};
  return {point.step, false, std::clamp(point.value, -kLargest, kLargest)};
}

// The first known start of the runs, of one experiment where it is given; 0 when none is known.
std::int64_t first_start(const std::vector<RunExport>& runs, const std::string* experiment) {
  std::int64_t first = 0;
  for (const RunExport& run : runs) {
    if (run.started == 0 || (experiment != nullptr && run.experiment != *experiment)) continue;
    first = first == 0 ? run.started : std::min(first, run.started);
  }
  return first;
}

std::string experiment_meta(const std::string& id, const std::string& name, const fs::path& place,
                            std::int64_t created) {
  return fmt::format(
      "artifact_location: {}\ncreation_time: {}\nexperiment_id: '{}'\nlast_update_time: {}\n"
      "lifecycle_stage: active\nname: {}\n",
      quoted(file_uri(place / id)), created, id, created, quoted(name));
}

std::string run_meta(const RunExport& run, const std::string& experiment_id,
                     const std::string& run_id, const fs::path& place) {
  const bool open = run.state == core::RunState::kRunning || run.state == core::RunState::kCreated;
  return fmt::format(
      "artifact_uri: {}\ndeleted_time: null\nend_time: {}\nentry_point_name: ''\n"
      "experiment_id: '{}'\nlifecycle_stage: active\nrun_id: {}\nrun_name: {}\nrun_uuid: {}\n"
      "source_name: ''\nsource_type: 4\nsource_version: ''\nstart_time: {}\nstatus: {}\n"
      "tags: []\nuser_id: ersatz\n",
      quoted(file_uri(place / experiment_id / run_id / "artifacts")),
      open || run.finished == 0 ? std::string("null") : std::to_string(run.finished), experiment_id,
      quoted(run_id), quoted(run.name), quoted(run_id), run.started, status_number(run.state));
}

// One run's folder.
class RunWriter {
 public:
  RunWriter(const RunExport& run, fs::path folder, std::vector<std::string>& warnings)
      : run_(run), folder_(std::move(folder)), warnings_(warnings) {}

  void write() {
    for (const char* name : {"metrics", "params", "tags", "artifacts"}) {
      core::make_directories(folder_ / name);
    }
    // What was measured keeps its names; logs yield to it.
    const std::int64_t measured = run_.finished == 0 ? run_.started : run_.finished;
    for (const Curve& curve : metric_curves(run_.metrics, kBesideZero)) {
      write_curve(curve, measured);
    }
    for (const Curve& curve : run_.curves) write_curve(curve, run_.started);
    MlflowNames parameters;
    for (const auto& [name, value] : run_.settings) {
      write_value("params", parameters, name, value, kLongestParameter);
    }
    write_tags();
    MlflowNames files(MlflowNames::Kind::kFiles);
    copy_files(files);
    write_changed({&metric_names_, &parameters, &tag_names_, &files});
  }

 private:
  // `mlflow migrate-filestore` fails as a whole where two lines are one row, as of a seed that was
  // asked for twice.
  void write_curve(const Curve& curve, std::int64_t time) {
    std::string lines;
    std::set<MetricKey> written;
    for (const CurvePoint& point : curve.points) {
      if (!written.insert(metric_key(point)).second) continue;
      lines += fmt::format("{} {} {}\n", time, number(point.value), point.step);
    }
    core::write_file_atomic(folder_ / "metrics" / metric_names_.another(curve.name), lines);
  }

  void write_value(const char* kind, MlflowNames& names, const std::string& name, std::string value,
                   std::size_t longest) {
    value = valid_text(value);
    std::size_t length = 0;
    for (std::size_t i = 0; i < value.size(); ++i) {
      const bool continued = (static_cast<unsigned char>(value[i]) & 0xC0U) == 0x80U;
      if (continued || ++length <= longest) continue;
      value.resize(i);
      warnings_.push_back(fmt::format("{}: the value of {} is cut after {} characters",
                                      run_.label(), name, longest));
      break;
    }
    core::write_file_atomic(folder_ / kind / names(name), value);
  }

  void tag(const std::string& name, const std::string& value) {
    if (!value.empty()) write_value("tags", tag_names_, name, value, kLongestTag);
  }

  void write_tags() {
    tag("mlflow.runName", run_.name);
    tag("mlflow.source.type", "LOCAL");
    tag("mlflow.source.name", run_.command);
    tag("mlflow.source.git.commit", run_.commit);
    tag("mlflow.note.content", export_page(run_));
    tag("ersatz.state", core::run_state_name(run_.state));
    tag("ersatz.message", run_.message);
    tag("ersatz.profile", run_.profile);
    tag("ersatz.version", run_.version);
    tag("ersatz.uncommitted", run_.uncommitted);
    for (const auto& [name, value] : run_.facts) tag("ersatz." + name, value);
    for (const ExportedVerdict& verdict : run_.verdicts) {
      tag("ersatz.claim." + verdict.claim,
          verdict.reason.empty() ? verdict.status
                                 : fmt::format("{}: {}", verdict.status, verdict.reason));
    }
    std::string missing;
    for (const core::Metric& metric : run_.metrics.all()) {
      if (metric.values.empty()) {
        missing += fmt::format("{}: {}\n", metric.address(), metric.not_run);
      }
    }
    tag("ersatz.not_run", missing);
  }

  void copy_files(MlflowNames& names) {
    names(kChangedNames);
    std::vector<const ExportedFile*> files;
    for (const ExportedFile& file : run_.files) files.push_back(&file);
    // Names that can stay are given first: changed ones yield to them.
    std::stable_partition(files.begin(), files.end(), [](const ExportedFile* file) {
      return mlflow_file_name(file->name) == file->name;
    });
    for (const ExportedFile* file : files) {
      copy_into_export(file->file, folder_ / "artifacts" / names.another(file->name));
    }
  }

  void write_changed(const std::vector<const MlflowNames*>& all) {
    std::string text = "name,mlflow\n";
    std::size_t count = 0;
    std::string example;
    for (const MlflowNames* names : all) {
      for (const auto& [bytes, chosen] : names->changed()) {
        const std::string name = valid_text(bytes);
        text += fmt::format("{},{}\n", csv_field(name), csv_field(chosen));
        if (count++ == 0) example = fmt::format("'{}' is '{}'", name, chosen);
      }
    }
    if (count == 0) return;
    core::write_file_atomic(folder_ / "artifacts" / kChangedNames, text);
    warnings_.push_back(fmt::format(
        "{}: {} {} MLflow does not take: {}{}", run_.label(), count,
        count == 1 ? "name that" : "names that", example,
        count == 1 ? "" : fmt::format("; the artifact {} has them all", kChangedNames)));
  }

  const RunExport& run_;
  fs::path folder_;
  std::vector<std::string>& warnings_;
  MlflowNames metric_names_, tag_names_;
};

}  // namespace

std::string mlflow_experiment_id(const std::string& experiment) {
  // 18 decimal digits, the first of which is not 0.
  const std::string digest = core::sha256_hex("ersatz experiment " + experiment).substr(0, 15);
  constexpr std::uint64_t kFirst = 100'000'000'000'000'000ULL;
  return std::to_string(kFirst + std::stoull(digest, nullptr, 16) % (9 * kFirst));
}

std::string mlflow_run_id(const RunExport& run) {
  return core::sha256_hex(fmt::format("ersatz run {}\n{}\n{}\n{}", run.experiment, run.name,
                                      run.started, run.commit))
      .substr(0, 32);
}

std::vector<std::string> write_mlflow_store(const std::vector<RunExport>& runs,
                                            const fs::path& folder, const fs::path& location) {
  std::vector<std::string> warnings;
  core::make_directories(folder / ".trash");
  core::write_file_atomic(folder / "0" / "meta.yaml",
                          experiment_meta("0", "Default", location, first_start(runs, nullptr)));
  std::set<std::string> written;
  for (const RunExport& run : runs) {
    const std::string experiment = mlflow_experiment_id(run.experiment);
    const std::string id = mlflow_run_id(run);
    const fs::path home = folder / experiment;
    if (!fs::exists(home / "meta.yaml")) {
      core::write_file_atomic(home / "meta.yaml",
                              experiment_meta(experiment, run.experiment, location,
                                              first_start(runs, &run.experiment)));
    }
    if (!written.insert(id).second) {
      throw core::Error::usage(fmt::format("{} is exported twice", run.label()));
    }
    core::write_file_atomic(home / id / "meta.yaml", run_meta(run, experiment, id, location));
    RunWriter(run, home / id, warnings).write();
  }
  return warnings;
}

}  // namespace ersatz::report
