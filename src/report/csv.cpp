#include "report/csv.h"

#include <fmt/format.h>

#include "report/number_text.h"

namespace ersatz::report {

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string csv_number(double value) { return fmt::format("{}", value); }

std::string to_csv(const Table& table) {
  std::string text = csv_field(table.row_header.empty() ? "row" : table.row_header);
  for (const Column& column : table.columns) {
    const std::string label = column.label + (column.unit.empty() ? "" : " " + column.unit);
    for (const char* part : {"mean", "sd", "low", "high", "seeds"}) {
      text += "," + csv_field(fmt::format("{} {}", label, part));
    }
    if (column.has_published) text += "," + csv_field(label + " paper");
    text += "," + csv_field(label + " status");
  }
  text += "\n";
  for (const Row& row : table.rows) {
    text += csv_field(row.label);
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const Cell& cell = row.cells[i];
      if (cell.measured) {
        const evaluate::Summary& summary = *cell.measured;
        text += fmt::format(",{},{}", csv_number(summary.mean),
                            summary.n > 1 ? csv_number(summary.sd) : "");
        const auto interval = shown_interval(summary);
        text += interval
                    ? fmt::format(",{},{}", csv_number(interval->low), csv_number(interval->high))
                    : ",,";
        text += fmt::format(",{}", summary.n);
      } else {
        text += ",,,,,";
      }
      if (table.columns[i].has_published) {
        text += "," + (cell.published ? csv_number(*cell.published) : "");
      }
      text += "," + csv_field(cell.blank      ? ""
                              : cell.measured ? "measured"
                                              : "not run: " + cell.not_run);
    }
    text += "\n";
  }
  return text;
}

}  // namespace ersatz::report
