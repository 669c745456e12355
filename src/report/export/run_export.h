// A run as other programs want it: settings, curves, final values, pictures, files. The exporters
// (MLflow, TensorBoard, CSV, LaTeX) write nothing but what is in here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/metrics.h"
#include "core/run_directory.h"

namespace ersatz::report {

struct CurvePoint {
  std::int64_t step = 0;
  double value = 0;  // may be NaN or infinite
};

// A value over steps: of a training's log, or of a metric over the points of a sweep.
struct Curve {
  std::string name;  // "classifier/font/55/seed-1/loss"
  std::vector<CurvePoint> points;
};

struct ExportedPicture {
  std::string name;            // "pictures/gan_rows_55"
  std::filesystem::path file;  // a PNG
  std::string caption;         // may be empty
};

struct ExportedFile {
  std::string name;  // relative path, '/' between its parts
  std::filesystem::path file;
};

// A verdict on a claim of the paper.
struct ExportedVerdict {
  std::string claim, statement, status, reason;
  // Effect at the decisive point with its 95 % interval, in `unit`, and in words; absent when the
  // claim was not run.
  std::optional<double> effect, low, high;
  std::string unit, effect_words;
};

struct RunExport {
  std::string experiment;  // "mnist"
  std::string profile;     // "mini"; empty for a training
  std::string name;     // unique among runs of one experiment: "mini", "mini-20260102T030405Z-..."
  std::string title;    // one line
  std::string command;  // that makes it again; may be empty
  core::RunState state = core::RunState::kFinished;
  std::string message;       // of a run that did not finish
  std::int64_t started = 0;  // ms since 1970, UTC; 0: not known
  std::int64_t finished = 0;
  std::string version, commit, uncommitted;     // of Ersatz, when it ran
  std::map<std::string, std::string> facts;     // "numerics" -> ...: machine, data, differences
  std::map<std::string, std::string> settings;  // hyperparameters, dotted names
  core::MetricTable metrics;                    // what was measured in the end
  std::vector<ExportedVerdict> verdicts;        //
  std::vector<Curve> curves;                    // of trainings, by name
  std::vector<ExportedPicture> pictures;        //
  std::vector<ExportedFile> files;              // by name
  std::vector<std::string> notes;               // for readers: what was reduced
  std::vector<std::string> warnings;            // what could not be exported

  bool is_finished() const { return state == core::RunState::kFinished; }
  // "mnist mini": experiment and name.
  std::string label() const;
};

// What was measured, as curves. A metric with whole points ("error@385") is one curve, `id`, with
// the points as steps; other points are curves of their own, "error at 0.5". Values are means over
// seeds; with several seeds, "seed-<seed>/<id>" are those of each. In order of the table. A metric
// without a point is at step 0; where the same id has the point 0 too, `beside_zero` follows its
// name.
std::vector<Curve> metric_curves(const core::MetricTable& metrics,
                                 std::string_view beside_zero = {});

// The run as a page of Markdown: state, what was reduced, verdicts.
std::string export_page(const RunExport& run);

}  // namespace ersatz::report
