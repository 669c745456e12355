#include "report/latex.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "core/printable.h"
#include "report/number_text.h"

namespace ersatz::report {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 47> kReplacements = {{
    {"\\", "\\textbackslash{}"},
    {"&", "\\&"},
    {"%", "\\%"},
    {"$", "\\$"},
    {"#", "\\#"},
    {"_", "\\_"},
    {"{", "\\{"},
    {"}", "\\}"},
    {"~", "\\textasciitilde{}"},
    {"^", "\\textasciicircum{}"},
    {"<", "$<$"},
    {">", "$>$"},
    {"±", "$\\pm$"},
    {"×", "$\\times$"},
    {"≤", "$\\leq$"},
    {"≥", "$\\geq$"},
    {"−", "$-$"},
    {"–", "--"},
    {"—", "---"},
    {"“", "``"},
    {"”", "''"},
    {"‘", "`"},
    {"’", "'"},
    {"…", "\\ldots{}"},
    {"†", "$\\dagger$"},
    {"‡", "$\\ddagger$"},
    {"≈", "$\\approx$"},
    {"≠", "$\\neq$"},
    {"∞", "$\\infty$"},
    {"→", "$\\rightarrow$"},
    {"←", "$\\leftarrow$"},
    {"α", "$\\alpha$"},
    {"β", "$\\beta$"},
    {"γ", "$\\gamma$"},
    {"δ", "$\\delta$"},
    {"ε", "$\\epsilon$"},
    {"λ", "$\\lambda$"},
    {"μ", "$\\mu$"},
    {"π", "$\\pi$"},
    {"σ", "$\\sigma$"},
    {"Δ", "$\\Delta$"},
    {"Σ", "$\\Sigma$"},
    // After the end of a row, these two would be taken for options of it.
    {"[", "{[}"},
    {"*", "{*}"},
    {"\n", " "},
    {"\r", " "},
    {"\t", " "},
}};

// Whether fonts draw one sign for these two: "--", "``", "?`" and so on.
bool is_ligature(char first, char second) {
  if (first == second) return std::string_view("-,`'").find(first) != std::string_view::npos;
  return second == '`' && (first == '?' || first == '!');
}

// Latin-1's letters and signs, which LaTeX reads as they are (with T1 fonts all of them).
bool latin1(std::uint32_t code_point) { return code_point >= 0xA0 && code_point <= 0xFF; }

// The UTF-8 character at the start of `text`; {0, 1} when there is none.
std::pair<std::uint32_t, std::size_t> first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80U ? 1 : lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
  if (length > text.size() || !core::is_utf8(text.substr(0, length))) return {0, 1};
  if (length == 1) return {lead, 1};
  std::uint32_t code_point = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    code_point = code_point << 6U | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return {code_point, length};
}

std::string latex_mark(const std::string& mark) {
  return mark.empty() ? "" : "\\textsuperscript{" + latex_escape(mark) + "}";
}

std::string cell_text(const Cell& cell, const std::vector<std::string>& footnotes) {
  if (cell.blank) return "";
  if (!cell.measured) {
    const auto note = std::find(footnotes.begin(), footnotes.end(), cell.not_run);
    return fmt::format("not run\\textsuperscript{{{}}}", note - footnotes.begin() + 1);
  }
  return latex_measured(*cell.measured) + latex_mark(cell.mark());
}

// Of the widest row, with the labels of columns broken nowhere.
std::size_t widest_row(const Table& table) {
  std::size_t widest = 0;
  for (const Row& row : table.rows) {
    std::size_t width = display_width(row.label);
    for (const Cell& cell : row.cells) {
      // Two columns' distance, and a published number where there is one.
      width += 2 + (cell.published ? 2 + plain_number(*cell.published).size() : 0);
      if (!cell.measured) continue;
      const MeasuredText text = measured_text(*cell.measured);
      width += display_width(text.mean + text.interval() + cell.mark());
    }
    widest = std::max(widest, width);
  }
  return widest;
}

// Tables of many columns are set in smaller letters: \small has about 75 of them across a page of
// text, \tiny about as many as fit on paper that lies on its side.
const char* letters(const Table& table) {
  const std::size_t widest = widest_row(table);
  return widest <= 75    ? "\\small"
         : widest <= 90  ? "\\footnotesize"
         : widest <= 120 ? "\\scriptsize"
                         : "\\tiny";
}

// Header lines: column labels over "ours | paper" where a paper column exists.
std::string header_lines(const Table& table, bool published) {
  std::string top = published ? "" : latex_escape(table.row_header), rules, bottom;
  if (published) bottom = latex_escape(table.row_header);
  std::size_t position = 2;
  for (const Column& column : table.columns) {
    const std::string label =
        latex_escape(column.label + (column.unit.empty() ? "" : " (" + column.unit + ")"));
    const std::size_t span = column.has_published ? 2 : 1;
    top += fmt::format(" & \\multicolumn{{{}}}{{c}}{{{}}}", span, label);
    rules += fmt::format("\\cmidrule(lr){{{}-{}}}", position, position + span - 1);
    bottom += column.has_published ? " & ours & paper" : " & ours";
    position += span;
  }
  std::string text = "    " + top + " \\\\\n";
  if (published) text += "    " + rules + "\n    " + bottom + " \\\\\n";
  return text;
}

}  // namespace

std::string latex_escape(std::string_view text) {
  std::string escaped;
  const auto append = [&escaped](std::string_view piece) {
    if (!escaped.empty() && is_ligature(escaped.back(), piece.front())) escaped += "{}";
    escaped += piece;
  };
  for (std::size_t i = 0; i < text.size();) {
    const auto* found = std::find_if(
        kReplacements.begin(), kReplacements.end(),
        [&](const auto& entry) { return text.substr(i, entry.first.size()) == entry.first; });
    if (found == kReplacements.end()) {
      const auto [code_point, length] = first_character(text.substr(i));
      if ((code_point >= 0x20 && code_point < 0x7F) || latin1(code_point))
        append(text.substr(i, length));
      else
        append(fmt::format("{{[}}U+{:04X}]", code_point == 0 ? 0xFFFDU : code_point));
      i += length;
    } else {
      append(found->second);
      i += found->first.size();
    }
  }
  return escaped;
}

std::string latex_measured(const evaluate::Summary& summary) {
  const MeasuredText text = measured_text(summary);
  if (!text.half_width.empty()) return fmt::format("${} \\pm {}$", text.mean, text.half_width);
  if (text.low.empty()) return "$" + text.mean + "$";
  return fmt::format("${}$ (${}$ to ${}$)", text.mean, text.low, text.high);
}

std::string to_latex(const Table& table) {
  const std::vector<std::string> footnotes = table.footnotes();
  const bool published = std::any_of(table.columns.begin(), table.columns.end(),
                                     [](const Column& column) { return column.has_published; });
  std::string columns = "l";
  for (const Column& column : table.columns) columns += column.has_published ? "rr" : "r";
  std::string text = fmt::format(
      "% Needs \\usepackage{{booktabs}}.\n\\begin{{table}}[htbp]\n  \\centering\n"
      "  \\caption{{{}.{}}}\n  \\label{{tab:{}}}\n  {}\\setlength{{\\tabcolsep}}{{4pt}}\n"
      "  \\begin{{tabular}}{{{}}}\n    \\toprule\n",
      latex_escape(table.title), table.caption.empty() ? "" : " " + latex_escape(table.caption),
      table.id, letters(table), columns);
  text += header_lines(table, published) + "    \\midrule\n";
  for (const Row& row : table.rows) {
    text += "    " + latex_escape(row.label);
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      text += " & " + cell_text(row.cells[i], footnotes);
      if (!table.columns[i].has_published) continue;
      text += " & ";
      if (row.cells[i].published) text += plain_number(*row.cells[i].published);
    }
    text += " \\\\\n";
  }
  text += "    \\bottomrule\n  \\end{tabular}\n";
  std::vector<std::string> notes;
  for (const std::string& line : table.legend()) notes.push_back(latex_escape(line));
  for (std::size_t i = 0; i < footnotes.size(); ++i) {
    notes.push_back(
        fmt::format("\\textsuperscript{{{}}}Not run: {}.", i + 1, latex_escape(footnotes[i])));
  }
  if (!notes.empty()) {
    text += fmt::format("\n  \\par\\smallskip{{\\footnotesize {}\\par}}\n", fmt::join(notes, " "));
  }
  return text + "\\end{table}\n";
}

}  // namespace ersatz::report
