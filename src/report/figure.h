// A figure of the card as data, as a CSV file and as a gnuplot script that draws it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/card.h"
#include "core/metrics.h"
#include "evaluate/statistics.h"
#include "report/palette.h"

namespace ersatz::report {

struct FigurePoint {
  double x = 0, y = 0;
  std::optional<evaluate::Interval> interval;
  std::size_t seeds = 0;  // 0: published
};

// A curve; the bars of one column of a table; the cells of one row of a matrix.
struct FigureCurve {
  std::string label;
  SeriesStyle style;
  std::string dash;               // solid, dashed, dotted
  std::size_t panel = 0;          // bars: which of the panels it is drawn in
  std::vector<FigurePoint> ours;  // ascending x; empty: not run
  std::vector<FigurePoint> published;
  std::vector<double> absent;  // bars: x of those that were not run
};

struct Figure {
  std::string id, title, caption, x_label, y_label;
  core::FigureKind kind = core::FigureKind::kLines;
  bool x_log = false, y_log = false;
  std::vector<double> y_range;  // as FigureSpec's
  bool markers = true;  // lines: a symbol at every point of ours; not for curves of many points
  std::vector<FigureCurve> curves;
  // Bars: labels of the groups, at x = 0, 1, ...; a bar of group g lies within g +- 0.4.
  // Matrix: labels of the columns, at x = 0, 1, ...
  std::vector<std::string> groups;
  std::vector<std::string> panels;   // bars: the units, one panel each
  double bar_width = 0.8;            // bars
  std::vector<std::string> not_run;  // why what was not run was not

  // Whether there is anything to draw, of ours or published.
  bool has_points() const;
};

// `made_with`: as build_table()'s.
Figure build_figure(const core::FigureSpec& spec, const core::Card& card,
                    const core::MetricTable& metrics, std::int64_t made_with = 0);

// "Not drawn: nothing of it was measured (no time; no GAN at this N)." Of a figure without points.
std::string why_not_drawn(const Figure& figure);

// Tidy data: number of the curve, source ("ours" or "published"), x, y, low, high, seeds, label.
std::string figure_csv(const Figure& figure);

}  // namespace ersatz::report
