#include "report/export/csv_files.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "core/error.h"
#include "core/file_system.h"
#include "evaluate/summary.h"
#include "report/csv.h"
#include "report/export/export_target.h"

namespace ersatz::report {
namespace {

namespace fs = std::filesystem;

std::string line(const std::vector<std::string>& fields) {
  std::string text;
  for (const std::string& field : fields) {
    if (!text.empty() || &field != fields.data()) text += ',';
    text += csv_field(field);
  }
  return text + "\n";
}

std::string number(double value) {
  if (std::isnan(value)) return "nan";
  return csv_number(value);
}

std::string point_text(const core::Metric& metric) {
  return metric.point ? csv_number(*metric.point) : std::string();
}

std::string metrics_csv(const core::MetricTable& metrics) {
  std::string text = line({"metric", "point", "unit", "seed", "value", "test_items", "not_run"});
  for (const core::Metric& metric : metrics.all()) {
    const std::string items =
        metric.sample_count > 0 ? std::to_string(metric.sample_count) : std::string();
    for (std::size_t i = 0; i < metric.values.size(); ++i) {
      text += line({metric.id, point_text(metric), metric.unit, std::to_string(metric.seeds.at(i)),
                    number(metric.values[i]), items, ""});
    }
    if (metric.values.empty()) {
      text += line({metric.id, point_text(metric), metric.unit, "", "", items, metric.not_run});
    }
  }
  return text;
}

std::string summary_csv(const core::MetricTable& metrics) {
  std::string text = line({"metric", "point", "unit", "mean", "sd", "low", "high", "seeds"});
  for (const core::Metric& metric : metrics.all()) {
    const auto summary = evaluate::summarise(&metric);
    if (!summary) continue;
    text += line({metric.id, point_text(metric), metric.unit, number(summary->mean),
                  summary->n > 1 ? number(summary->sd) : "",
                  summary->interval ? number(summary->interval->low) : "",
                  summary->interval ? number(summary->interval->high) : "",
                  std::to_string(summary->n)});
  }
  return text;
}

std::string training_csv(const std::vector<Curve>& curves) {
  std::string text = line({"curve", "step", "value"});
  for (const Curve& curve : curves) {
    for (const CurvePoint& point : curve.points) {
      text += line({curve.name, std::to_string(point.step), number(point.value)});
    }
  }
  return text;
}

std::string run_csv(const RunExport& run) {
  std::string text = line({"name", "value"});
  text += line({"experiment", run.experiment}) + line({"name", run.name}) +
          line({"title", run.title}) + line({"state", core::run_state_name(run.state)}) +
          line({"message", run.message}) + line({"command", run.command}) +
          line({"started_ms", std::to_string(run.started)}) +
          line({"finished_ms", std::to_string(run.finished)}) + line({"version", run.version}) +
          line({"commit", run.commit}) + line({"uncommitted", run.uncommitted});
  for (const auto& [name, value] : run.facts) text += line({name, value});
  for (const std::string& note : run.notes) text += line({"note", note});
  return text;
}

std::string claims_csv(const std::vector<ExportedVerdict>& verdicts) {
  std::string text = line({"claim", "verdict", "statement", "reason", "effect", "low", "high",
                           "unit", "effect_in_words"});
  const auto given = [](const std::optional<double>& value) {
    return value ? number(*value) : std::string();
  };
  for (const ExportedVerdict& verdict : verdicts) {
    text += line({verdict.claim, verdict.status, verdict.statement, verdict.reason,
                  given(verdict.effect), given(verdict.low), given(verdict.high), verdict.unit,
                  verdict.effect_words});
  }
  return text;
}

void write_run(const RunExport& run, const fs::path& folder) {
  core::write_file_atomic(folder / "run.csv", run_csv(run));
  core::write_file_atomic(folder / "metrics.csv", metrics_csv(run.metrics));
  core::write_file_atomic(folder / "summary.csv", summary_csv(run.metrics));
  core::write_file_atomic(folder / "claims.csv", claims_csv(run.verdicts));
  std::string settings = line({"name", "value"});
  for (const auto& [name, value] : run.settings) settings += line({name, value});
  core::write_file_atomic(folder / "settings.csv", settings);
  if (!run.curves.empty())
    core::write_file_atomic(folder / "training.csv", training_csv(run.curves));
  for (const ExportedFile& file : run.files) {
    const fs::path name(file.name), kind = name.parent_path().filename();
    if (name.extension() != ".csv" || (kind != "tables" && kind != "plots")) continue;
    copy_into_export(file.file, folder / kind / name.filename());
  }
}

}  // namespace

void write_csv_files(const std::vector<RunExport>& runs, const fs::path& folder) {
  std::set<std::string> written;
  for (const RunExport& run : runs) {
    const std::string name = fmt::format("{}-{}", run.experiment, run.name);
    if (!written.insert(name).second) {
      throw core::Error::usage(fmt::format("{} is exported twice", run.label()));
    }
    write_run(run, folder / name);
  }
}

}  // namespace ersatz::report
