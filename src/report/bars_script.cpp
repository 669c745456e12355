#include "report/bars_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "report/number_text.h"
#include "report/script_text.h"

namespace ersatz::report {
namespace {

bool in_panel(const FigureCurve& curve, std::size_t panel) { return curve.panel == panel; }

// Bars stand on zero; percentages that may reach the top get the whole scale.
Axis value_axis(const Figure& figure, std::size_t panel) {
  std::vector<double> values = {0};
  for (const FigureCurve& curve : figure.curves) {
    if (!in_panel(curve, panel)) continue;
    for (const auto* points : {&curve.ours, &curve.published}) {
      for (const FigurePoint& point : *points) {
        values.push_back(point.y);
        if (!point.interval) continue;
        values.push_back(point.interval->low);
        values.push_back(point.interval->high);
      }
    }
  }
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  if (figure.panels[panel] == "%" && *low >= 0 && *high > 80 && *high <= 100) {
    return {0, 105, {0, 20, 40, 60, 80, 100}, {}};
  }
  return choose_axis(values, false);
}

// Names aslant below their bars, with room below and on the left, where they begin.
std::string aslant_ticks(const Figure& figure, double width) {
  constexpr double kAcross = 7.3 * 0.82, kDown = 7.3 * 0.57;  // px of a letter at 35 degrees
  constexpr double kLine = 16, kLetter = 7.3;                 // the units of margins, px
  const double column = width / static_cast<double>(figure.groups.size());
  std::vector<std::string> ticks;
  double below = 0, left = 9 * kLetter;
  for (std::size_t g = 0; g < figure.groups.size(); ++g) {
    const auto letters = static_cast<double>(display_width(figure.groups[g]));
    below = std::max(below, letters * kDown);
    left = std::max(left, letters * kAcross - (static_cast<double>(g) + 0.6) * column);
    ticks.push_back(fmt::format("{} {}", single_quoted(figure.groups[g]), g));
  }
  return fmt::format("set xtics rotate by 35 right ({})\nset bmargin {:.3g}\nset lmargin {:.3g}\n",
                     fmt::join(ticks, ", "), 2 + below / kLine, left / kLetter);
}

std::string group_ticks(const Figure& figure) {
  const double width =
      figure.panels.size() > 1 ? 960.0 / static_cast<double>(figure.panels.size()) - 90 : 540;
  if (too_wide(figure.groups, width)) return aslant_ticks(figure, width);
  std::vector<std::string> ticks;
  std::size_t lines = 1;
  for (std::size_t g = 0; g < figure.groups.size(); ++g) {
    // More groups, narrower labels.
    const std::string label = double_quoted(
        figure.groups[g], (figure.panels.size() > 1 ? 45 : 60) / figure.groups.size());
    std::size_t own = 1;
    for (std::size_t at = 0; (at = label.find("\\n", at)) != std::string::npos; at += 2) ++own;
    lines = std::max(lines, own);
    ticks.push_back(fmt::format("{} {}", label, g));
  }
  // gnuplot leaves room for one line.
  return fmt::format("set xtics ({})\nset bmargin {:.6g}\n", fmt::join(ticks, ", "),
                     1.5 + static_cast<double>(lines));
}

std::size_t group_of(double x) { return static_cast<std::size_t>(std::lround(x)); }

// "not run" above the middle of group `g`: on the ground, or above the published values that stand
// there. `unit`: what a pixel is on the axis.
std::string not_run_label(std::size_t g, std::vector<double> published, double unit) {
  constexpr double kBelow = 4, kAbove = 30;  // px from where the label stands that it takes
  std::sort(published.begin(), published.end());
  double stands_on = 0, offset = 0.7;
  for (const double value : published) {
    if (value < stands_on - kBelow * unit || value > stands_on + kAbove * unit) continue;
    stands_on = value;
    offset = 1;  // half a diamond more
  }
  return fmt::format(
      "set label 'not run' at {},{:.6g} center offset 0,{:g} textcolor rgb '#606060' noenhanced\n",
      g, stands_on, offset);
}

// Says where a group has no bar of ours, which could be taken for a bar of height 0. In an empty
// panel the key says it.
std::string absent_groups(const Figure& figure, std::size_t panel, const Axis& axis) {
  std::vector<bool> there(figure.groups.size(), false), absent(figure.groups.size(), false);
  std::vector<std::vector<double>> published(figure.groups.size());
  bool drawn = false;
  for (const FigureCurve& curve : figure.curves) {
    if (!in_panel(curve, panel)) continue;
    drawn = drawn || !curve.ours.empty() || !curve.published.empty();
    for (const FigurePoint& point : curve.ours) there[group_of(point.x)] = true;
    for (const double x : curve.absent) absent[group_of(x)] = true;
    for (const FigurePoint& point : curve.published) {
      published[group_of(point.x)].push_back(point.y);
    }
  }
  std::string text = "unset label\n";
  if (!drawn) return text;
  constexpr double kHeight = 330;  // of the axis, px
  for (std::size_t g = 0; g < there.size(); ++g) {
    if (there[g] || !absent[g]) continue;
    text += not_run_label(g, published[g], (axis.high - axis.low) / kHeight);
  }
  return text;
}

// `named`: whether the key says which bar is which column's.
std::string plot_command(const Figure& figure, std::size_t panel, bool named) {
  std::vector<std::string> bars, marks;
  bool published = false, any = false;
  std::size_t curves = 0;
  for (std::size_t i = 0; i < figure.curves.size(); ++i) {
    const FigureCurve& curve = figure.curves[i];
    if (!in_panel(curve, panel)) continue;
    ++curves;
    if (curve.ours.empty()) {
      bars.push_back(fmt::format("  NaN with boxes lc rgb '{}' title {}", curve.style.rgb,
                                 single_quoted(curve.label + " (not run)")));
    } else {
      any = true;
      bars.push_back(fmt::format(
          "  data using (ours({0}, 3)):(ours({0}, 4)) with boxes fs solid 0.9 "
          "border rgb '{1}' lc rgb '{1}' {2}",
          i + 1, curve.style.rgb, named ? "title " + single_quoted(curve.label) : "notitle"));
      marks.push_back(fmt::format(
          "  data using (ours({0}, 3)):(ours({0}, 5)):(0):(ours({0}, 6) - ours({0}, 5)) "
          "with vectors heads size screen 0.004,90 lc rgb '#202020' lw 1.2 notitle",
          i + 1));
    }
    if (curve.published.empty()) continue;
    published = true;
    marks.push_back(
        fmt::format("  data using (published({0}, 3)):(published({0}, 4)) with points "
                    "lc rgb '#000000' lw 1.5 pt 12 ps 1.3 notitle",
                    i + 1));
  }
  if (published)
    marks.emplace_back("  NaN with points lc rgb '#000000' lw 1.5 pt 12 ps 1.3 title 'published'");
  if (!any && !published) marks.emplace_back("  NaN notitle");
  bars.insert(bars.end(), marks.begin(), marks.end());
  const std::string key = curves == 1 && !published
                              ? "unset key\n"
                              : "set key above center horizontal Left reverse samplen 1.5 "
                                "maxrows 2 noenhanced\n";
  return key + fmt::format("plot \\\n{}\n", fmt::join(bars, ", \\\n"));
}

}  // namespace

std::string bars_commands(const Figure& figure) {
  const std::size_t panels = figure.panels.size();
  std::string text = fmt::format(
      "set boxwidth {:.6g}\nset xzeroaxis lt 1 lc rgb '#404040' lw 0.8\n", figure.bar_width * 0.92);
  text +=
      fmt::format("set xrange [-0.6:{:.6g}]\n", static_cast<double>(figure.groups.size()) - 0.4);
  text += group_ticks(figure);
  if (panels > 1) {
    text +=
        fmt::format("set multiplot layout 1,{} title {} noenhanced\nunset title\nset tmargin 4\n",
                    panels, title_lines(figure));
  }
  for (std::size_t panel = 0; panel < panels; ++panel) {
    std::string label = figure.y_label;
    if (label.empty() || panels > 1) label = figure.panels[panel];
    std::vector<std::string> names;
    for (const FigureCurve& curve : figure.curves) {
      if (in_panel(curve, panel)) names.push_back(curve.label);
    }
    // A panel with one column is named by it.
    if (panels > 1 && names.size() == 1) label = names[0] + (label.empty() ? "" : ", " + label);
    text += fmt::format("set ylabel {} noenhanced\n", single_quoted(label));
    const Axis axis = value_axis(figure, panel);
    text += axis_lines("y", axis, false);
    text += absent_groups(figure, panel, axis);
    text += plot_command(figure, panel, names.size() > 1 || panels == 1);
  }
  if (panels > 1) text += "unset multiplot\n";
  return text;
}

}  // namespace ersatz::report
