#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace ersatz::report {
namespace {

using core::Metric;

Cell make_cell(const Metric* metric, std::optional<double> published) {
  Cell cell;
  cell.published = published;
  cell.measured = evaluate::summarise(metric);
  if (cell.measured) return cell;
  if (metric == nullptr)
    cell.not_run = "not part of this run";
  else if (!metric->values.empty())
    cell.not_run = "the value is not finite";
  else
    cell.not_run = metric->not_run.empty() ? "no reason recorded" : metric->not_run;
  return cell;
}

void fill_sweep(const core::TableSpec& spec, const core::Card& card,
                const core::MetricTable& metrics, Table& table) {
  table.row_header = spec.point_label;
  std::set<double> points(spec.points.begin(), spec.points.end());
  for (const core::TableColumn& column : spec.columns) {
    const core::PublishedSeries* published = card.find_published(column.published);
    Column made{column.label, published != nullptr ? published->unit : "", published != nullptr};
    for (const Metric* metric : metrics.series(column.metric)) {
      made.unit = metric->unit;
      if (spec.points.empty()) points.insert(*metric->point);
    }
    if (spec.points.empty() && published != nullptr) {
      points.insert(published->x.begin(), published->x.end());
    }
    table.columns.push_back(std::move(made));
  }
  for (const double point : points) {
    Row row{fmt::format("{:g}", point), {}};
    for (const core::TableColumn& column : spec.columns) {
      const core::PublishedSeries* published = card.find_published(column.published);
      row.cells.push_back(make_cell(metrics.find(column.metric, point),
                                    published != nullptr ? published->at(point) : std::nullopt));
    }
    table.rows.push_back(std::move(row));
  }
}

void fill_plain(const core::TableSpec& spec, const core::MetricTable& metrics, Table& table) {
  for (std::size_t i = 0; i < spec.headers.size(); ++i) {
    Column column{spec.headers[i], "", false};
    std::set<std::string> units;
    for (const core::TableRow& row : spec.rows) {
      column.has_published = column.has_published || (!row.published.empty() && row.published[i]);
      const Metric* metric = row.cells[i].empty() ? nullptr : metrics.find_address(row.cells[i]);
      if (metric != nullptr) units.insert(metric->unit);
    }
    if (units.size() == 1) column.unit = *units.begin();
    table.columns.push_back(std::move(column));
  }
  for (const core::TableRow& spec_row : spec.rows) {
    Row row{spec_row.label, {}};
    for (std::size_t i = 0; i < spec_row.cells.size(); ++i) {
      const std::optional<double> published =
          spec_row.published.empty() ? std::nullopt : spec_row.published[i];
      Cell cell;
      if (spec_row.cells[i].empty()) {
        cell.blank = true;
        cell.published = published;
      } else {
        cell = make_cell(metrics.find_address(spec_row.cells[i]), published);
      }
      row.cells.push_back(std::move(cell));
    }
    table.rows.push_back(std::move(row));
  }
}

}  // namespace

std::vector<std::string> Table::footnotes() const {
  std::vector<std::string> notes;
  for (const Row& row : rows) {
    for (const Cell& cell : row.cells) {
      if (cell.not_run.empty()) continue;
      if (std::find(notes.begin(), notes.end(), cell.not_run) == notes.end()) {
        notes.push_back(cell.not_run);
      }
    }
  }
  return notes;
}

bool Table::has_few_seeds() const {
  for (const Row& row : rows) {
    for (const Cell& cell : row.cells) {
      if (cell.measured && cell.measured->few_seeds()) return true;
    }
  }
  return false;
}

bool Table::has_intervals() const {
  for (const Row& row : rows) {
    for (const Cell& cell : row.cells) {
      if (cell.measured && cell.measured->interval) return true;
    }
  }
  return false;
}

Table build_table(const core::TableSpec& spec, const core::Card& card,
                  const core::MetricTable& metrics) {
  Table table;
  table.id = spec.id;
  table.title = spec.title;
  table.caption = spec.caption;
  if (spec.is_sweep())
    fill_sweep(spec, card, metrics, table);
  else
    fill_plain(spec, metrics, table);
  return table;
}

}  // namespace ersatz::report
