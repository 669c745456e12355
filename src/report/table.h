// A table of results: what is in it. markdown.h, csv.h and latex.h say how it looks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/card.h"
#include "core/metrics.h"
#include "evaluate/summary.h"

namespace ersatz::report {

// One measured quantity, with the paper's number beside it. Exactly one of `measured` and
// `not_run` is set, unless the card declares no cell here (`blank`).
struct Cell {
  bool blank = false;
  std::optional<evaluate::Summary> measured;
  std::string not_run;  // the reason
  std::optional<double> published;
};

struct Column {
  std::string label;
  std::string unit;            // "" for a pure number
  bool has_published = false;  // shows a second column, "paper"
};

struct Row {
  std::string label;
  std::vector<Cell> cells;  // one per column
};

struct Table {
  std::string id, title, caption;
  std::string row_header;  // header of the row labels
  std::vector<Column> columns;
  std::vector<Row> rows;

  // Reasons for cells that were not run, in order of first appearance: footnote 1, 2, ...
  std::vector<std::string> footnotes() const;
  bool has_few_seeds() const;  // any cell measured with one or two seeds
  bool has_intervals() const;
};

// Fills the table of a card from what was measured. Nothing is ever taken from the paper except
// the column that says so.
Table build_table(const core::TableSpec& spec, const core::Card& card,
                  const core::MetricTable& metrics);

}  // namespace ersatz::report
