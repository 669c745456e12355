#include "report/markdown.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/number_text.h"

namespace ersatz::report {
namespace {

std::string cell_text(const Cell& cell, const std::vector<std::string>& footnotes) {
  if (cell.blank) return "";
  if (!cell.measured) {
    const auto note = std::find(footnotes.begin(), footnotes.end(), cell.not_run);
    return fmt::format("not run [{}]", note - footnotes.begin() + 1);
  }
  const MeasuredText text = measured_text(*cell.measured);
  const std::string mark = cell.mark();
  return text.mean + text.interval() + (mark.empty() ? "" : " " + mark);
}

}  // namespace

std::string markdown_escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\n') {
      escaped += ' ';
      continue;
    }
    if (c == '|' || c == '*' || c == '_' || c == '`' || c == '<' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string markdown_table(const std::vector<std::string>& header,
                           const std::vector<std::vector<std::string>>& rows,
                           const std::vector<bool>& numeric) {
  std::vector<std::size_t> width(header.size(), 4);
  for (std::size_t i = 0; i < header.size(); ++i) {
    width[i] = std::max(width[i], display_width(header[i]));
    for (const auto& row : rows) width[i] = std::max(width[i], display_width(row.at(i)));
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text = "|";
    for (std::size_t i = 0; i < cells.size(); ++i)
      text += " " + pad_right(cells[i], width[i]) + " |";
    return text + "\n";
  };
  std::string text = line(header) + "|";
  for (std::size_t i = 0; i < header.size(); ++i) {
    text += " " + std::string(width[i] - 1, '-') + (numeric.at(i) ? ":" : "-") + " |";
  }
  text += "\n";
  for (const auto& row : rows) text += line(row);
  return text;
}

std::string to_markdown(const Table& table) {
  const std::vector<std::string> footnotes = table.footnotes();
  std::vector<std::string> header = {markdown_escape(table.row_header)};
  std::vector<bool> numeric = {false};
  for (const Column& column : table.columns) {
    header.push_back(markdown_escape(column.label) +
                     (column.unit.empty() ? "" : ", " + column.unit));
    numeric.push_back(true);
    if (!column.has_published) continue;
    header.emplace_back("paper");
    numeric.push_back(true);
  }
  std::vector<std::vector<std::string>> rows;
  for (const Row& row : table.rows) {
    std::vector<std::string> cells = {markdown_escape(row.label)};
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      cells.push_back(cell_text(row.cells[i], footnotes));
      if (!table.columns[i].has_published) continue;
      cells.push_back(row.cells[i].published ? plain_number(*row.cells[i].published) : "");
    }
    rows.push_back(std::move(cells));
  }
  std::string text = fmt::format("**{}**\n\n", markdown_escape(table.title));
  if (!table.caption.empty()) text += markdown_escape(table.caption) + "\n\n";
  text += markdown_table(header, rows, numeric);
  const std::vector<std::string> legend = table.legend();
  if (!legend.empty()) text += fmt::format("\n{}\n", fmt::join(legend, " "));
  for (std::size_t i = 0; i < footnotes.size(); ++i) {
    text += fmt::format("\n[{}] not run: {}\n", i + 1, markdown_escape(footnotes[i]));
  }
  return text;
}

}  // namespace ersatz::report
