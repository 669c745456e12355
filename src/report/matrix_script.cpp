#include "report/matrix_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "report/number_text.h"
#include "report/script_text.h"

namespace ersatz::report {
namespace {

// Letters of 12 px that fit into one of `columns`, which share about 520 px.
std::size_t letters_in_column(std::size_t columns) {
  return static_cast<std::size_t>(std::max(1.0, (520.0 / static_cast<double>(columns) - 6) / 7.3));
}

// Whether a word is wider than its column: names then stand aslant.
bool too_wide(const std::vector<std::string>& names) {
  std::size_t widest = 0;
  for (const std::string& name : names) {
    std::istringstream words(name);
    for (std::string word; words >> word;) widest = std::max(widest, display_width(word));
  }
  return widest > letters_in_column(names.size());
}

}  // namespace

std::string matrix_commands(const Figure& figure) {
  double most = 0;
  std::vector<std::string> rows, columns;
  for (std::size_t r = 0; r < figure.curves.size(); ++r) {
    rows.push_back(fmt::format("{} {}", single_quoted(figure.curves[r].label), r + 1));
    for (const FigurePoint& point : figure.curves[r].ours) most = std::max(most, point.y);
  }
  const bool aslant = !figure.groups.empty() && too_wide(figure.groups);
  for (std::size_t c = 0; c < figure.groups.size(); ++c) {
    const std::string& name = figure.groups[c];
    const std::size_t letters = std::min<std::size_t>(14, letters_in_column(figure.groups.size()));
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
