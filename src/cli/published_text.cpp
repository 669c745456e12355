#include "cli/published_text.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <vector>

#include "cli/text_layout.h"
#include "report/number_text.h"

namespace ersatz::cli {
namespace {

using core::Card;
using core::PublishedSeries;
using core::TableColumn;
using core::TableSpec;

std::string cell(const std::optional<double>& value) {
  return value ? report::plain_number(*value) : std::string("-");
}

std::string sweep_text(const Card& card, const TableSpec& spec) {
  std::vector<const PublishedSeries*> series;
  std::vector<std::string> header = {spec.point_label};
  std::set<double> points(spec.points.begin(), spec.points.end());
  for (const TableColumn& column : spec.columns) {
    const PublishedSeries* published = card.find_published(column.published);
    if (published == nullptr) continue;
    series.push_back(published);
    header.push_back(published->unit.empty()
                         ? column.label
                         : fmt::format("{}, {}", column.label, published->unit));
    if (spec.points.empty()) points.insert(published->x.begin(), published->x.end());
  }
  if (series.empty()) return {};
  std::vector<std::vector<std::string>> rows = {header};
  for (const double point : points) {
    std::vector<std::string> row = {report::plain_number(point)};
    for (const PublishedSeries* item : series) row.push_back(cell(item->at(point)));
    rows.push_back(std::move(row));
  }
  return aligned(rows, 4, std::vector<bool>(header.size(), true));
}

std::string plain_text(const TableSpec& spec) {
  std::vector<std::vector<std::string>> rows = {{""}};
  rows.front().insert(rows.front().end(), spec.headers.begin(), spec.headers.end());
  bool any = false;
  for (const core::TableRow& item : spec.rows) {
    std::vector<std::string> row = {item.label};
    for (std::size_t i = 0; i < item.cells.size(); ++i) {
      row.push_back(cell(i < item.published.size() ? item.published[i] : std::nullopt));
      any = any || row.back() != "-";
    }
    rows.push_back(std::move(row));
  }
  std::vector<bool> right(spec.headers.size() + 1, true);
  right[0] = false;
  return any ? aligned(rows, 4, right) : std::string();
}

}  // namespace

std::string published_table_text(const Card& card, const TableSpec& spec) {
  return spec.is_sweep() ? sweep_text(card, spec) : plain_text(spec);
}

}  // namespace ersatz::cli
