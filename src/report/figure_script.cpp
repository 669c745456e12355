#include "report/figure_script.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/axis.h"

namespace ersatz::report {
namespace {

// A string in gnuplot's single quotes, where only the quote itself is special.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') result += '\'';
    result += c == '\n' ? ' ' : c;
  }
  return result + "'";
}

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
  return choose_axis(values, x ? figure.x_log : figure.y_log, x ? 7 : 9);
}

std::string axis_lines(const char* name, const Axis& axis, bool logarithmic) {
  std::string text;
  if (logarithmic) text += fmt::format("set logscale {} 10\n", name);
  text += fmt::format("set {}range [{:.6g}:{:.6g}]\n", name, axis.low, axis.high);
  if (axis.ticks.empty()) return text;
  std::vector<std::string> ticks;
  for (const double tick : axis.ticks) {
    ticks.push_back(fmt::format("'{}' {:.10g}", tick_label(tick), tick));
  }
  for (const double tick : axis.minor_ticks) ticks.push_back(fmt::format("'' {:.10g} 1", tick));
  return text + fmt::format("set {}tics ({})\n", name, fmt::join(ticks, ", "));
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
                                  quoted(curve.label + " (not run)")));
      continue;
    }
    parts.push_back(fmt::format(
        "  data using (ours({0}, 3)):(ours({0}, 4)):(inside(ours({0}, 5))):(ours({0}, 6)) "
        "with yerrorbars lc rgb '{1}' lw 1.2 pt 0 notitle",
        i + 1, curve.style.rgb));
    parts.push_back(
        fmt::format("  data using (ours({0}, 3)):(ours({0}, 4)) with linespoints lc rgb '{1}' lw 2 "
                    "dt {2} pt {3} ps 0.8 title {4}",
                    i + 1, curve.style.rgb, dash, curve.style.filled_marker, quoted(curve.label)));
  }
  if (has_published(figure)) {
    parts.emplace_back(
        "  NaN with linespoints lc rgb '#606060' lw 0.8 dt 3 pt 6 ps 0.9 "
        "title 'published (open)'");
  }
  return fmt::format("plot \\\n{}\n", fmt::join(parts, ", \\\n"));
}

}  // namespace

std::string figure_script(const Figure& figure) {
  const Axis x = axis_of(figure, true), y = axis_of(figure, false);
  std::string text = fmt::format(
      "# {}\n# Draw again with: gnuplot {}.gp\n"
      "set encoding utf8\nset datafile separator ','\nset datafile columnheaders\n"
      "data = {}\n"
      "ours(curve, c) = column(1) == curve && stringcolumn(2) eq 'ours' ? column(c) : NaN\n"
      "published(curve, c) = column(1) == curve && stringcolumn(2) eq 'published' ? column(c) : "
      "NaN\n",
      figure.title, figure.id, quoted(figure.id + ".csv"));
  // Error bars end at the frame: a bound of 0 has no place on a logarithmic axis.
  text += fmt::format("inside(v) = v < {0:.6g} ? {0:.6g} : v\n", y.low);
  text += fmt::format(
      "set title {} noenhanced\nset xlabel {} offset 0,0.4 noenhanced\nset ylabel {} noenhanced\n",
      quoted(figure.title), quoted(figure.x_label), quoted(figure.y_label));
  text += axis_lines("x", x, figure.x_log) + axis_lines("y", y, figure.y_log);
  text +=
      "set border 3 lw 1 lc rgb '#404040'\nset tics nomirror out scale 0.75\n"
      "set grid xtics ytics lc rgb '#DDDDDD' lw 0.6 dt 1\n"
      "set style fill noborder\nset bars 0.6\n";
  // A single curve is named by the title and the axis.
  if (figure.curves.size() == 1 && !has_published(figure)) {
    text += "unset key\n";
  } else {
    text += "set key below center horizontal Left reverse samplen 2.5 maxrows 3 noenhanced\n";
  }
  text += fmt::format(
      "set terminal svg size 640,480 dynamic background rgb 'white' font 'DejaVu Sans,12' "
      "name {}\nset output {}\n",
      quoted(figure.id), quoted(figure.id + ".svg"));
  text += plot_command(figure);
  text += fmt::format(
      "set terminal pngcairo size 1280,960 font 'DejaVu Sans,12' fontscale 2 linewidth 2 "
      "pointscale 2 background rgb 'white'\nset output {}\nreplot\nset output\n",
      quoted(figure.id + ".png"));
  return text;
}

}  // namespace ersatz::report
