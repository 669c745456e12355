// A table of results: what is in it. markdown.h, csv.h and latex.h say how it looks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/card.h"
#include "core/metrics.h"
#include "evaluate/summary.h"

namespace ersatz::report {

// What a reader must know of a value's interval. Tables mark it.
enum class Caveat {
  kNone,
  kTestSetOnly,  // †: one or two seeds, the interval holds only the test set's noise
  kNoInterval,   // ‡: one or two seeds, and nothing tells an interval
  kOneValue,     // §: all seeds gave one and the same value: no interval
};

// One measured quantity, with the paper's number beside it. Exactly one of `measured` and
// `not_run` is set, unless the card declares no cell here (`blank`).
struct Cell {
  bool blank = false;
  std::optional<evaluate::Summary> measured;
  std::string not_run;  // the reason
  std::optional<double> published;
  bool whole = false;    // all measured values are whole numbers without a unit, at least 0
  bool counted = false;  // a number of things, which has no interval of its own

  Caveat caveat() const;
  std::string mark() const;  // "†", "‡", "§" or nothing
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
  // What ±, (low to high), "paper" and the marks of this table mean, a sentence each.
  std::vector<std::string> legend() const;
};

// Fills the table of a card from what was measured. Nothing is ever taken from the paper except
// the column that says so. `made_with`: the version of the card that the metrics were made with, 0
// where it is not known; a later one may have added what is not among them.
//
// Columns of whole numbers without a unit, one of them above 1, count things (`Cell::counted`); so
// do the others of a table that has only whole numbers, which may be all 0 or 1.
Table build_table(const core::TableSpec& spec, const core::Card& card,
                  const core::MetricTable& metrics, std::int64_t made_with = 0);

}  // namespace ersatz::report
