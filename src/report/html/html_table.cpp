#include "report/html/html_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/html/html_text.h"
#include "report/number_text.h"

namespace ersatz::report::html {
namespace {

// More of them need smaller letters on paper.
constexpr std::size_t kManyColumns = 7;

std::string measured_cell(const Cell& cell, const std::vector<std::string>& footnotes) {
  if (cell.blank) return "<td></td>";
  if (!cell.measured) {
    const auto note = std::find(footnotes.begin(), footnotes.end(), cell.not_run);
    return fmt::format("<td class=\"absent\">not run [{}]</td>", note - footnotes.begin() + 1);
  }
  const MeasuredText text = measured_text(*cell.measured);
  // In narrow tables the interval goes below its value, as a whole; a mark stays with what it
  // marks.
  const std::string interval = text.interval(), mark = cell.mark(), space = "\u00A0";
  std::string shown = escape(text.mean);
  if (interval.empty())
    return fmt::format("<td>{}{}{}</td>", shown, mark.empty() ? "" : space, mark);
  return fmt::format("<td>{} <span class=\"interval\">{}{}{}</span></td>", shown,
                     escape(interval.substr(1)), mark.empty() ? "" : space, mark);
}

std::string heading(const Column& column) {
  return escape(column.label) + (column.unit.empty() ? "" : ", " + escape(column.unit));
}

std::string legend(const Table& table) {
  const std::vector<std::string> parts = table.legend();
  std::string text;
  if (!parts.empty()) text += fmt::format("<p>{}</p>", fmt::join(parts, " "));
  std::size_t number = 0;
  for (const std::string& note : table.footnotes()) {
    text += fmt::format("<p>[{}] not run: {}</p>", ++number, escape(note));
  }
  return text.empty() ? "" : "<div class=\"legend\">" + text + "</div>";
}

}  // namespace

std::string result_table(const Table& table, const std::string& id) {
  const std::vector<std::string> footnotes = table.footnotes();
  std::size_t columns = 1;
  std::string head = fmt::format("<th scope=\"col\">{}</th>", escape(table.row_header));
  for (const Column& column : table.columns) {
    head += fmt::format("<th scope=\"col\">{}</th>", heading(column));
    ++columns;
    if (!column.has_published) continue;
    head += "<th scope=\"col\" class=\"paper\">paper</th>";
    ++columns;
  }
  std::string body;
  for (const Row& row : table.rows) {
    body += fmt::format("<tr><th scope=\"row\">{}</th>", escape(row.label));
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      body += measured_cell(row.cells[i], footnotes);
      if (!table.columns[i].has_published) continue;
      const auto& number = row.cells[i].published;
      body += fmt::format("<td class=\"paper\">{}</td>", number ? plain_number(*number) : "");
    }
    body += "</tr>\n";
  }
  const std::string caption =
      table.caption.empty() ? "" : fmt::format("<p>{}</p>", escape(table.caption));
  return fmt::format(
      "<figure class=\"results\" id=\"{}\"><figcaption><h4>{}</h4>{}</figcaption>\n"
      "<div class=\"scroll\"><table class=\"numbers{}\"><thead><tr>{}</tr></thead>\n"
      "<tbody>{}</tbody></table></div>{}</figure>\n",
      id, escape(table.title), caption, columns > kManyColumns ? " wide" : "", head, body,
      legend(table));
}

std::string plain_table(const std::vector<std::string>& header,
                        const std::vector<std::vector<std::string>>& rows) {
  std::string head, body;
  for (const std::string& cell : header) {
    head += fmt::format("<th scope=\"col\">{}</th>", escape(cell));
  }
  for (const auto& row : rows) {
    body += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      body += i == 0 ? fmt::format("<th scope=\"row\">{}</th>", escape(row[i]))
                     : fmt::format("<td>{}</td>", escape(row[i]));
    }
    body += "</tr>\n";
  }
  return fmt::format(
      "<div class=\"scroll\"><table><thead><tr>{}</tr></thead>\n<tbody>{}</tbody></table></div>\n",
      head, body);
}

}  // namespace ersatz::report::html
