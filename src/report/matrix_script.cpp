#include "report/matrix_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "report/script_text.h"

namespace ersatz::report {
namespace {

constexpr double kWidth = 520;  // of all columns, px

}  // namespace

std::string matrix_commands(const Figure& figure) {
  double most = 0;
  std::vector<std::string> rows, columns;
  for (std::size_t r = 0; r < figure.curves.size(); ++r) {
    rows.push_back(fmt::format("{} {}", single_quoted(figure.curves[r].label), r + 1));
    for (const FigurePoint& point : figure.curves[r].ours) most = std::max(most, point.y);
  }
  const bool aslant = too_wide(figure.groups, kWidth);
  for (std::size_t c = 0; c < figure.groups.size(); ++c) {
    const std::string& name = figure.groups[c];
    const std::size_t letters =
        std::min<std::size_t>(14, letters_in_column(figure.groups.size(), kWidth));
    columns.push_back(
        fmt::format("{} {}", aslant ? single_quoted(name) : double_quoted(name, letters), c));
  }
  const std::string axes = fmt::format(
      "set xtics {}({})\nset ytics ({})\nset xrange [-0.5:{:.6g}]\nset yrange [{:.6g}:0.5]\n",
      aslant ? "rotate by 35 right " : "", fmt::join(columns, ", "), fmt::join(rows, ", "),
      static_cast<double>(figure.groups.size()) - 0.5,
      static_cast<double>(figure.curves.size()) + 0.5);
  if (std::all_of(figure.curves.begin(), figure.curves.end(),
                  [](const FigureCurve& curve) { return curve.ours.empty(); })) {
    // The frame with its labels, and why there is nothing in it.
    return axes +
           "unset key\nunset grid\nset tics scale 0\n"
           "set label 1 'not run' at graph 0.5,0.5 center tc rgb '#707070'\nplot NaN notitle\n";
  }
  if (most <= 0) most = 1;
  std::string text = axes + fmt::format("set cbrange [0:{:.6g}]\n", most);
  text +=
      "set palette defined (0 '#FFFFFF', 0.5 '#7FB8DA', 1 '#00507C')\n"
      "unset colorbox\nunset key\nunset grid\nset tics scale 0\n";
  // Dark squares carry white numbers.
  text += fmt::format(
      "dark(v) = v > {:.6g}\nnumber(v) = v < 9.95 ? sprintf('%.1f', v) : sprintf('%.0f', v)\n"
      "plot \\\n"
      "  data using 3:1:($3 - 0.5):($3 + 0.5):($1 - 0.5):($1 + 0.5):4 with boxxyerror "
      "fs solid noborder fc palette notitle, \\\n"
      "  data using (dark($4) ? NaN : $3):1:(number($4)) with labels tc rgb '#202020' notitle, \\\n"
      "  data using (dark($4) ? $3 : NaN):1:(number($4)) with labels tc rgb '#FFFFFF' notitle\n",
      0.55 * most);
  return text;
}

}  // namespace ersatz::report
