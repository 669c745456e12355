#include "report/script_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "report/number_text.h"

namespace ersatz::report {

std::string single_quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') result += '\'';
    result += c == '\n' ? ' ' : c;
  }
  return result + "'";
}

std::string double_quoted(const std::string& text, std::size_t columns) {
  std::string result = "\"";
  std::size_t width = 0;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const std::size_t more = display_width(word);
    if (width > 0) result += width + 1 + more > columns ? "\\n" : " ";
    width = width > 0 && width + 1 + more <= columns ? width + 1 + more : more;
    for (const char c : word) {
      if (c == '"' || c == '\\') result += '\\';
      result += c;
    }
  }
  return result + "\"";
}

std::size_t letters_in_column(std::size_t columns, double width) {
  return static_cast<std::size_t>(std::max(1.0, (width / static_cast<double>(columns) - 6) / 7.3));
}

bool too_wide(const std::vector<std::string>& names, double width) {
  std::size_t widest = 0;
  for (const std::string& name : names) {
    std::istringstream words(name);
    for (std::string word; words >> word;) widest = std::max(widest, display_width(word));
  }
  return !names.empty() && widest > letters_in_column(names.size(), width);
}

std::string title_lines(const Figure& figure) {
  // Figures with panels are half as wide again.
  const std::size_t columns = figure.panels.size() > 1 ? 104 : 66;
  const std::size_t width = display_width(figure.title);
  if (width <= columns) return single_quoted(figure.title);
  // As many lines as it needs, of about the same length.
  const auto lines = [](const std::string& quoted) {
    std::size_t breaks = 0, at = 0;
    while ((at = quoted.find("\\n", at)) != std::string::npos) ++breaks, at += 2;
    return breaks;
  };
  const std::size_t least = lines(double_quoted(figure.title, columns));
  std::size_t narrow = columns;
  while (narrow > 1 && lines(double_quoted(figure.title, narrow - 1)) == least) --narrow;
  return double_quoted(figure.title, narrow);
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

std::string data_lines(const std::string& csv_file) {
  return fmt::format(
      "set encoding utf8\nset datafile separator ','\nset datafile columnheaders\n"
      "data = {}\n"
      "ours(curve, c) = column(1) == curve && stringcolumn(2) eq 'ours' ? column(c) : NaN\n"
      "published(curve, c) = column(1) == curve && stringcolumn(2) eq 'published' ? column(c) : "
      "NaN\n",
      single_quoted(csv_file));
}

}  // namespace ersatz::report
