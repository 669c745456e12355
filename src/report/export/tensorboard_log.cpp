#include "report/export/tensorboard_log.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "core/error.h"
#include "core/file_system.h"
#include "report/export/tfevents/event_file.h"

namespace ersatz::report {
namespace {

namespace fs = std::filesystem;

constexpr double kMillisecondsPerSecond = 1000;

struct Moment {
  double time = 0;
  std::vector<EventScalar> scalars;
};

void add(const std::vector<Curve>& curves, const std::string& prefix, double time,
         std::map<std::int64_t, std::vector<Moment>>& steps) {
  for (const Curve& curve : curves) {
    for (const CurvePoint& point : curve.points) {
      std::vector<Moment>& moments = steps[point.step];
      if (moments.empty() || moments.back().time != time) moments.push_back({time, {}});
      moments.back().scalars.push_back({prefix + curve.name, point.value});
    }
  }
}

constexpr const char* kCodeIndent = "    ";  // of Markdown

// A code block, as settings may hold anything. The further lines of one are indented twice.
std::string settings_page(const RunExport& run) {
  std::string text;
  for (const auto& [name, value] : run.settings) {
    text += kCodeIndent;
    for (const char c : fmt::format("{} = {}", name, value)) {
      text += c;
      if (c == '\n' || c == '\r') text += fmt::format("{0}{0}", kCodeIndent);
    }
    text += '\n';
  }
  return text;
}

}  // namespace

std::string tensorboard_events(const RunExport& run) {
  const double begin = static_cast<double>(run.started) / kMillisecondsPerSecond;
  // A run that goes on has no end yet.
  const double end =
      run.finished > 0 ? static_cast<double>(run.finished) / kMillisecondsPerSecond : begin;
  std::map<std::int64_t, std::vector<Moment>> steps;
  add(run.curves, "train/", begin, steps);
  add(metric_curves(run.metrics), "metrics/", end, steps);
  EventFile file(begin);
  file.text(end, 0, "run/page", export_page(run));
  if (!run.settings.empty()) file.text(end, 0, "run/settings", settings_page(run));
  for (const ExportedPicture& picture : run.pictures) {
    file.image(end, 0, {picture.name, picture.caption, core::read_file(picture.file)});
  }
  for (const auto& [step, moments] : steps) {
    for (const Moment& moment : moments) file.scalars(moment.time, step, moment.scalars);
  }
  return file.bytes();
}

void write_tensorboard_log(const std::vector<RunExport>& runs, const fs::path& folder) {
  std::set<std::string> written;
  for (const RunExport& run : runs) {
    const std::string name = fmt::format("{}-{}", run.experiment, run.name);
    if (!written.insert(name).second) {
      throw core::Error::usage(fmt::format("{} is exported twice", run.label()));
    }
    core::write_file_atomic(
        folder / name / fmt::format("events.out.tfevents.{:010}.ersatz", run.started / 1000),
        tensorboard_events(run));
  }
}

}  // namespace ersatz::report
