#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "report/number_text.h"

namespace ersatz::report {
namespace {

using core::Metric;

// Where the metrics of a table come from.
struct Source {
  const core::MetricTable& metrics;
  std::int64_t made_with, now;  // versions of the card
};

// Why there is no metric of this name, as far as the others tell.
std::string why_absent(const Source& source, std::string_view id) {
  for (const Metric& metric : source.metrics.all()) {
    if (metric.id == id) return "this profile does not compute this point";
  }
  if (source.made_with > 0 && source.made_with < source.now) {
    return fmt::format(
        "not among these results, which were made with version {} of the card; it is at version {} "
        "now",
        source.made_with, source.now);
  }
  return "this profile does not compute it";
}

Cell make_cell(const Source& source, std::string_view id, std::optional<double> point,
               std::optional<double> published) {
  Cell cell;
  cell.published = published;
  const Metric* metric = source.metrics.find(id, point);
  cell.measured = evaluate::summarise(metric);
  if (cell.measured) {
    cell.whole = metric->unit.empty() &&
                 std::all_of(metric->values.begin(), metric->values.end(),
                             [](double value) { return value >= 0 && value == std::floor(value); });
    return cell;
  }
  if (metric == nullptr)
    cell.not_run = why_absent(source, id);
  else if (!metric->values.empty())
    cell.not_run = "the value is not finite";
  else
    cell.not_run = metric->not_run.empty() ? "no reason recorded" : metric->not_run;
  return cell;
}

void fill_sweep(const core::TableSpec& spec, const core::Card& card, const Source& source,
                Table& table) {
  table.row_header = spec.point_label;
  std::set<double> points(spec.points.begin(), spec.points.end());
  for (const core::TableColumn& column : spec.columns) {
    const core::PublishedSeries* published = card.find_published(column.published);
    Column made{column.label, published != nullptr ? published->unit : "", published != nullptr};
    for (const Metric* metric : source.metrics.series(column.metric)) {
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
      row.cells.push_back(make_cell(source, column.metric, point,
                                    published != nullptr ? published->at(point) : std::nullopt));
    }
    table.rows.push_back(std::move(row));
  }
}

void fill_plain(const core::TableSpec& spec, const Source& source, Table& table) {
  for (std::size_t i = 0; i < spec.headers.size(); ++i) {
    Column column{spec.headers[i], "", false};
    std::set<std::string> units;
    for (const core::TableRow& row : spec.rows) {
      column.has_published = column.has_published || (!row.published.empty() && row.published[i]);
      const Metric* metric =
          row.cells[i].empty() ? nullptr : source.metrics.find_address(row.cells[i]);
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
        const auto [id, point] = core::parse_address(spec_row.cells[i]);
        cell = make_cell(source, id, point, published);
      }
      row.cells.push_back(std::move(cell));
    }
    table.rows.push_back(std::move(row));
  }
}

// Tells numbers of things from shares and the like, which may be 0 or 1 as well.
void tell_counts(Table& table) {
  const std::size_t columns = table.columns.size();
  std::vector<bool> whole(columns, true), large(columns, false);
  for (const Row& row : table.rows) {
    for (std::size_t c = 0; c < columns; ++c) {
      if (!row.cells[c].measured) continue;
      whole[c] = whole[c] && row.cells[c].whole;
      large[c] = large[c] || row.cells[c].measured->mean > 1;
    }
  }
  const auto all = [](const std::vector<bool>& of) {
    return std::find(of.begin(), of.end(), false) == of.end();
  };
  const bool any_large = std::find(large.begin(), large.end(), true) != large.end();
  for (Row& row : table.rows) {
    for (std::size_t c = 0; c < columns; ++c) {
      row.cells[c].counted = whole[c] && (large[c] || (all(whole) && any_large));
    }
  }
}

}  // namespace

Caveat Cell::caveat() const {
  if (!measured) return Caveat::kNone;
  if (shown_interval(*measured)) {
    return measured->few_seeds() ? Caveat::kTestSetOnly : Caveat::kNone;
  }
  if (counted) return Caveat::kNone;
  return measured->few_seeds() ? Caveat::kNoInterval : Caveat::kOneValue;
}

std::string Cell::mark() const {
  switch (caveat()) {
    case Caveat::kTestSetOnly:
      return "†";
    case Caveat::kNoInterval:
      return "‡";
    case Caveat::kOneValue:
      return "§";
    case Caveat::kNone:
      break;
  }
  return "";
}

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

std::vector<std::string> Table::legend() const {
  bool symmetric = false, bounds = false;
  std::set<Caveat> caveats;
  for (const Row& row : rows) {
    for (const Cell& cell : row.cells) {
      if (!cell.measured) continue;
      const MeasuredText text = measured_text(*cell.measured);
      symmetric = symmetric || !text.half_width.empty();
      bounds = bounds || !text.low.empty();
      caveats.insert(cell.caveat());
    }
  }
  std::vector<std::string> lines;
  if (symmetric) lines.emplace_back("±: half of the 95 % interval.");
  if (bounds) {
    lines.emplace_back("(low to high): the 95 % interval where its halves differ.");
  }
  if (std::any_of(columns.begin(), columns.end(),
                  [](const Column& column) { return column.has_published; })) {
    lines.emplace_back("paper: the published number.");
  }
  if (caveats.count(Caveat::kTestSetOnly) > 0) {
    lines.emplace_back("†: one or two seeds, the interval holds only the test set's noise.");
  }
  if (caveats.count(Caveat::kNoInterval) > 0) {
    lines.emplace_back("‡: no interval: one or two seeds.");
  }
  if (caveats.count(Caveat::kOneValue) > 0) {
    lines.emplace_back("§: no interval: all seeds gave one and the same value.");
  }
  return lines;
}

Table build_table(const core::TableSpec& spec, const core::Card& card,
                  const core::MetricTable& metrics, std::int64_t made_with) {
  const Source source{metrics, made_with, card.version};
  Table table;
  table.id = spec.id;
  table.title = spec.title;
  table.caption = spec.caption;
  if (spec.is_sweep())
    fill_sweep(spec, card, source, table);
  else
    fill_plain(spec, source, table);
  tell_counts(table);
  return table;
}

}  // namespace ersatz::report
