#include "report/export/run_export.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <optional>

#include "report/number_text.h"

namespace ersatz::report {
namespace {

// Every whole number up to here is a double of its own.
constexpr double kLargestStep = 9007199254740992.0;

std::optional<std::int64_t> whole(double point) {
  if (!(std::abs(point) <= kLargestStep) || std::floor(point) != point) return std::nullopt;
  return static_cast<std::int64_t>(point);
}

class Curves {
 public:
  void add(const std::string& name, std::int64_t step, double value) {
    const auto [place, is_new] = index_.emplace(name, curves_.size());
    if (is_new) curves_.push_back({name, {}});
    curves_[place->second].points.push_back({step, value});
  }
  std::vector<Curve> take() { return std::move(curves_); }

 private:
  std::vector<Curve> curves_;
  std::map<std::string, std::size_t> index_;
};

// A cell of a table in Markdown. The rest stays as it is: statements may have markup.
std::string table_cell(const std::string& text) {
  std::string cell;
  std::size_t backslashes = 0;  // before this character
  for (const char c : text) {
    if (c == '|') cell += std::string(backslashes + 1, '\\');
    cell += c == '\n' || c == '\r' ? ' ' : c;
    backslashes = c == '\\' ? backslashes + 1 : 0;
  }
  return cell;
}

}  // namespace

std::string RunExport::label() const {
  return experiment.empty() ? name : fmt::format("{} {}", experiment, name);
}

std::vector<Curve> metric_curves(const core::MetricTable& metrics, std::string_view beside_zero) {
  Curves curves;
  for (const core::Metric& metric : metrics.all()) {
    if (metric.values.empty()) continue;
    std::string name = metric.id;
    std::int64_t step = 0;
    if (metric.point) {
      if (const auto point = whole(*metric.point)) {
        step = *point;
      } else {
        name += fmt::format(" at {}", plain_number(*metric.point));
      }
    } else if (const core::Metric* zero = metrics.find(metric.id, 0.0);
               zero != nullptr && !zero->values.empty()) {
      name += beside_zero;
    }
    const double sum = std::accumulate(metric.values.begin(), metric.values.end(), 0.0);
    curves.add(name, step, sum / static_cast<double>(metric.values.size()));
    if (metric.values.size() < 2) continue;
    for (std::size_t i = 0; i < metric.values.size(); ++i) {
      curves.add(fmt::format("seed-{}/{}", metric.seeds.at(i), name), step, metric.values[i]);
    }
  }
  return curves.take();
}

std::string export_page(const RunExport& run) {
  std::string text = fmt::format("**{}**\n\n{}", run.label(), run.title);
  text += fmt::format("\n\nState: {}", core::run_state_name(run.state));
  if (!run.message.empty()) text += fmt::format(" ({})", run.message);
  if (!run.command.empty()) text += fmt::format("\n\nAgain: `{}`", run.command);
  if (!run.notes.empty()) text += "\n";
  for (const std::string& note : run.notes) text += fmt::format("\n- {}", note);
  if (!run.verdicts.empty()) text += "\n\n| verdict | claim |\n|---|---|";
  for (const ExportedVerdict& verdict : run.verdicts) {
    text += fmt::format("\n| {} | {} |", table_cell(verdict.status), table_cell(verdict.statement));
  }
  return text + "\n";
}

}  // namespace ersatz::report
