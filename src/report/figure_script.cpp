#include "report/figure_script.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/axis.h"
#include "report/bars_script.h"
#include "report/matrix_script.h"
#include "report/script_text.h"

namespace ersatz::report {
namespace {

Axis axis_of(const Figure& figure, bool x) {
  std::vector<double> values;
  for (const FigureCurve& curve : figure.curves) {
    for (const auto* points : {&curve.ours, &curve.published}) {
      for (const FigurePoint& point : *points) {
        values.push_back(x ? point.x : point.y);
        if (!x && point.interval) values.push_back(point.interval->high);
        // A lower bound near 0 would stretch a logarithmic axis over empty decades: bars that
        // leave the plot are cut off instead.
        if (!x && point.interval && (!figure.y_log || point.interval->low > point.y / 3)) {
          values.push_back(point.interval->low);
        }
      }
    }
  }
  // Labels beside an axis may stand closer than those below one.
  Axis axis = choose_axis(values, x ? figure.x_log : figure.y_log, x ? 7 : 9);
  if (x || figure.y_range.empty()) return axis;
  // With room for symbols on its bounds.
  const double margin = 0.03 * (figure.y_range[1] - figure.y_range[0]);
  axis.low = std::max(axis.low, figure.y_range[0] - (axis.low < 0 ? margin : 0));
  axis.high = std::min(axis.high, figure.y_range[1] + margin);
  return axis;
}

bool has_published(const Figure& figure) {
  return std::any_of(figure.curves.begin(), figure.curves.end(),
                     [](const FigureCurve& curve) { return !curve.published.empty(); });
}

std::string plot_command(const Figure& figure) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < figure.curves.size(); ++i) {
    const FigureCurve& curve = figure.curves[i];
    if (curve.published.empty()) continue;
    parts.push_back(fmt::format(
        "  data using (published({0}, 3)):(published({0}, 4)) with linespoints lc rgb '{1}' lw 0.8 "
        "dt 3 pt {2} ps 0.9 notitle",
        i + 1, curve.style.rgb, curve.style.open_marker));
  }
  for (std::size_t i = 0; i < figure.curves.size(); ++i) {
    const FigureCurve& curve = figure.curves[i];
    const int dash = curve.dash == "dashed" ? 2 : curve.dash == "dotted" ? 3 : 1;
    if (curve.ours.empty()) {
      parts.push_back(fmt::format("  NaN with linespoints lc rgb '{}' lw 2 dt {} pt {} title {}",
                                  curve.style.rgb, dash, curve.style.filled_marker,
                                  single_quoted(curve.label + " (not run)")));
      continue;
    }
    parts.push_back(fmt::format(
        "  data using (ours({0}, 3)):(ours({0}, 4)):(inside(ours({0}, 5))):({2}) "
        "with yerrorbars lc rgb '{1}' lw 1.2 pt 0 notitle",
        i + 1, curve.style.rgb,
        fmt::format(figure.y_range.empty() ? "ours({}, 6)" : "below(ours({}, 6))", i + 1)));
    const std::string marker =
        figure.markers ? fmt::format(" pt {} ps 0.8", curve.style.filled_marker) : "";
    parts.push_back(
        fmt::format("  data using (ours({0}, 3)):(ours({0}, 4)) with {1} lc rgb '{2}' lw 2 "
                    "dt {3}{4} title {5}",
                    i + 1, figure.markers ? "linespoints" : "lines", curve.style.rgb, dash, marker,
                    single_quoted(curve.label)));
  }
  if (has_published(figure)) {
    parts.emplace_back(
        "  NaN with linespoints lc rgb '#606060' lw 0.8 dt 3 pt 6 ps 0.9 "
        "title 'published (open)'");
  }
  return fmt::format("plot \\\n{}\n", fmt::join(parts, ", \\\n"));
}

constexpr const char* kFrame =
    "set border 3 lw 1 lc rgb '#404040'\nset tics nomirror out scale 0.75\n"
    "set grid xtics ytics lc rgb '#DDDDDD' lw 0.6 dt 1\n"
    "set style fill noborder\nset bars 0.6\n";

std::string labels(const Figure& figure) {
  return fmt::format(
      "set title {} noenhanced\nset xlabel {} offset 0,0.4 noenhanced\nset ylabel {} noenhanced\n",
      title_lines(figure), single_quoted(figure.x_label), single_quoted(figure.y_label));
}

std::string line_settings(const Figure& figure) {
  const Axis x = axis_of(figure, true), y = axis_of(figure, false);
  // Error bars end at the frame: a bound of 0 has no place on a logarithmic axis.
  const bool bounded = !figure.y_range.empty();
  std::string text = fmt::format("inside(v) = v < {0:.6g} ? {0:.6g} : v\n",
                                 bounded ? std::max(y.low, figure.y_range[0]) : y.low);
  if (bounded) {
    text += fmt::format("below(v) = v > {0:.6g} ? {0:.6g} : v\n", figure.y_range[1]);
  }
  text += labels(figure);
  text += axis_lines("x", x, figure.x_log) + axis_lines("y", y, figure.y_log) + kFrame;
  // A single curve is named by the title and the axis.
  if (figure.curves.size() == 1 && !has_published(figure)) return text + "unset key\n";
  return text + "set key above center horizontal Left reverse samplen 2.5 maxrows 3 noenhanced\n";
}

}  // namespace

std::string figure_script(const Figure& figure) {
  std::string text =
      fmt::format("# {}\n# Draw again with: gnuplot {}.gp\n", figure.title, figure.id);
  text += data_lines(figure.id + ".csv");
  std::string drawing, again = "replot\n";
  switch (figure.kind) {
    case core::FigureKind::kLines:
      text += line_settings(figure);
      drawing = plot_command(figure);
      break;
    case core::FigureKind::kBars:
      // Panels are drawn one by one: there is no "replot" for them.
      text += labels(figure) + kFrame + "unset grid\nset grid ytics lc rgb '#DDDDDD' lw 0.6 dt 1\n";
      drawing = again = bars_commands(figure);
      break;
    case core::FigureKind::kMatrix:
      text += labels(figure) + kFrame;
      drawing = matrix_commands(figure);
      break;
  }
  const bool wide = figure.panels.size() > 1;
  text += fmt::format(
      "set terminal svg size {},480 dynamic background rgb 'white' font 'DejaVu Sans,12' "
      "name {}\nset output {}\n",
      wide ? 960 : 640, single_quoted(figure.id), single_quoted(figure.id + ".svg"));
  text += drawing;
  text += fmt::format(
      "set terminal pngcairo size {},960 font 'DejaVu Sans,12' fontscale 2 linewidth 2 "
      "pointscale 2 background rgb 'white'\nset output {}\n{}set output\n",
      wide ? 1920 : 1280, single_quoted(figure.id + ".png"), again);
  return text;
}

}  // namespace ersatz::report
