#include "report/figure.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "evaluate/summary.h"
#include "report/csv.h"
#include "report/number_text.h"
#include "report/table.h"

namespace ersatz::report {

namespace {

// Draws what a table holds: x is the position, y the value.
FigurePoint table_point(const Cell& cell, double x) {
  return {x, cell.measured->mean, shown_interval(*cell.measured), cell.measured->n};
}

void add_reason(const std::string& reason, Figure& figure) {
  auto& all = figure.not_run;
  if (std::find(all.begin(), all.end(), reason) == all.end()) all.push_back(reason);
}

void add_lines(const core::FigureSpec& spec, const core::Card& card,
               const core::MetricTable& metrics, Figure& figure) {
  for (std::size_t i = 0; i < spec.series.size(); ++i) {
    const core::FigureSeries& series = spec.series[i];
    FigureCurve curve;
    curve.label = series.label;
    curve.style = series_style(series.color, i);
    curve.dash = series.style;
    for (const core::Metric* metric : metrics.series(series.metric)) {
      const auto summary = evaluate::summarise(metric);
      if (summary) {
        curve.ours.push_back({*metric->point, summary->mean, shown_interval(*summary), summary->n});
      } else if (!metric->not_run.empty()) {
        add_reason(metric->not_run, figure);
      }
    }
    if (metrics.series(series.metric).empty())
      add_reason("this profile does not compute it", figure);
    if (const auto* published = card.find_published(series.published)) {
      for (std::size_t k = 0; k < published->x.size(); ++k) {
        curve.published.push_back({published->x[k], published->y[k], std::nullopt, 0});
      }
    }
    figure.curves.push_back(std::move(curve));
  }
}

// Columns with the same unit share a panel; their bars stand side by side in every group.
void add_bars(const core::FigureSpec& spec, const Table& table, Figure& figure) {
  for (const Row& row : table.rows) figure.groups.push_back(row.label);
  std::vector<std::size_t> in_panel;  // columns per panel
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const auto found = std::find(figure.panels.begin(), figure.panels.end(), table.columns[c].unit);
    FigureCurve curve;
    curve.panel = static_cast<std::size_t>(found - figure.panels.begin());
    if (found == figure.panels.end()) {
      figure.panels.push_back(table.columns[c].unit);
      in_panel.push_back(0);
    }
    curve.label = table.columns[c].label;
    curve.style = series_style(c < spec.colors.size() ? spec.colors[c] : "", c);
    in_panel[curve.panel] += 1;
    figure.curves.push_back(std::move(curve));
  }
  const std::size_t most = *std::max_element(in_panel.begin(), in_panel.end());
  figure.bar_width = 0.8 / static_cast<double>(most);
  std::vector<std::size_t> placed(in_panel.size(), 0);
  for (std::size_t c = 0; c < figure.curves.size(); ++c) {
    FigureCurve& curve = figure.curves[c];
    const double middle = (static_cast<double>(in_panel[curve.panel]) - 1) / 2;
    const double offset = figure.bar_width * (static_cast<double>(placed[curve.panel]++) - middle);
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
      const Cell& cell = table.rows[r].cells[c];
      const double x = static_cast<double>(r) + offset;
      if (cell.measured) curve.ours.push_back(table_point(cell, x));
      if (cell.published) curve.published.push_back({x, *cell.published, std::nullopt, 0});
      if (!cell.not_run.empty()) curve.absent.push_back(x);
    }
  }
}

void add_matrix(const Table& table, Figure& figure) {
  for (const Column& column : table.columns) figure.groups.push_back(column.label);
  for (const Row& row : table.rows) {
    FigureCurve curve;
    curve.label = row.label;
    for (std::size_t c = 0; c < row.cells.size(); ++c) {
      if (row.cells[c].measured) {
        curve.ours.push_back(table_point(row.cells[c], static_cast<double>(c)));
      }
    }
    figure.curves.push_back(std::move(curve));
  }
}

}  // namespace

Figure build_figure(const core::FigureSpec& spec, const core::Card& card,
                    const core::MetricTable& metrics, std::int64_t made_with) {
  Figure figure;
  figure.id = spec.id;
  figure.title = spec.title;
  figure.caption = spec.caption;
  figure.x_label = spec.x_label;
  figure.y_label = spec.y_label;
  figure.kind = spec.kind;
  figure.x_log = spec.x_log;
  figure.y_log = spec.y_log;
  figure.y_range = spec.y_range;
  if (spec.kind == core::FigureKind::kLines) {
    add_lines(spec, card, metrics, figure);
    return figure;
  }
  const core::TableSpec* drawn = card.find_table(spec.table);
  if (drawn == nullptr) {
    throw core::Error::at_line(
        card.file, spec.line,
        fmt::format("figure {} draws table '{}', which is not there", spec.id, spec.table));
  }
  const Table table = build_table(*drawn, card, metrics, made_with);
  figure.not_run = table.footnotes();
  if (spec.kind == core::FigureKind::kBars)
    add_bars(spec, table, figure);
  else
    add_matrix(table, figure);
  return figure;
}

bool Figure::has_points() const {
  return std::any_of(curves.begin(), curves.end(), [](const FigureCurve& curve) {
    return !curve.ours.empty() || !curve.published.empty();
  });
}

std::string why_not_drawn(const Figure& figure) {
  if (figure.not_run.empty()) return "Not drawn: nothing of it was measured.";
  return fmt::format("Not drawn: nothing of it was measured ({}).",
                     fmt::join(figure.not_run, "; "));
}

std::string figure_csv(const Figure& figure) {
  std::string text = "curve,source,x,y,low,high,seeds,label\n";
  for (std::size_t i = 0; i < figure.curves.size(); ++i) {
    const FigureCurve& curve = figure.curves[i];
    const auto add = [&](const char* source, const FigurePoint& point) {
      text += fmt::format("{},{},{},{},", i + 1, source, csv_number(point.x), csv_number(point.y));
      if (point.interval) text += csv_number(point.interval->low);
      text += ",";
      if (point.interval) text += csv_number(point.interval->high);
      text += fmt::format(",{},{}\n", point.seeds > 0 ? std::to_string(point.seeds) : "",
                          csv_field(curve.label));
    };
    for (const FigurePoint& point : curve.ours) add("ours", point);
    for (const FigurePoint& point : curve.published) add("published", point);
  }
  return text;
}

}  // namespace ersatz::report
