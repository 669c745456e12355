#include "report/html/html_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/html/html_text.h"
#include "report/number_text.h"

namespace ersatz::report::html {
namespace {

std::string measured_cell(const Cell& cell, const std::vector<std::string>& footnotes) {
  if (cell.blank) return "<td></td>";
  if (!cell.measured) {
    const auto note = std::find(footnotes.begin(), footnotes.end(), cell.not_run);
    return fmt::format("<td class=\"absent\">not run [{}]</td>", note - footnotes.begin() + 1);
  }
  const MeasuredText text = measured_text(*cell.measured);
  std::string shown = escape(text.mean);
  if (!text.half_width.empty()) {
    shown += fmt::format("<span class=\"interval\"> ± {}</span>", escape(text.half_width));
  }
  if (cell.measured->few_seeds()) shown += " †";
  return "<td>" + shown + "</td>";
}

std::string heading(const Column& column) {
  return escape(column.label) + (column.unit.empty() ? "" : ", " + escape(column.unit));
}

std::string legend(const Table& table, bool published) {
  std::vector<std::string> parts;
  if (table.has_intervals()) parts.emplace_back("±: half of the 95 % interval.");
  if (published) parts.emplace_back("paper: the published number.");
  if (table.has_few_seeds()) {
    parts.emplace_back("†: one or two seeds, the interval holds only the test set's noise.");
  }
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
  std::string head = fmt::format("<th scope=\"col\">{}</th>", escape(table.row_header));
  bool published = false;
  for (const Column& column : table.columns) {
    head += fmt::format("<th scope=\"col\">{}</th>", heading(column));
    if (!column.has_published) continue;
    head += "<th scope=\"col\" class=\"paper\">paper</th>";
    published = true;
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
      "<div class=\"scroll\"><table class=\"numbers\"><thead><tr>{}</tr></thead>\n"
      "<tbody>{}</tbody></table></div>{}</figure>\n",
      id, escape(table.title), caption, head, body, legend(table, published));
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
