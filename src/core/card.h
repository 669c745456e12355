// The card of an experiment, `experiments/<id>/experiment.toml`: everything about a published claim
// that is data. What was published (with source and confidence), which tables and figures we make
// of our own metrics, which claims are judged, which values are expected, and what changed when.
//
// docs/cards.md explains every key. Lines are those of the TOML file, for messages.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ersatz::core {

struct Citation {
  std::vector<std::string> authors;
  std::string title, venue, url, bibtex;
  std::int64_t year = 0;  // 0: the work does not say

  std::string year_text() const;  // "2018", "no date"
};

// How sure we are that a published number was read and interpreted correctly.
enum class Confidence { kHigh, kMedium, kLow };

// Numbers from the paper: a curve, or one value (x empty, y of size 1).
struct PublishedSeries {
  std::string id, unit, source, note;
  Confidence confidence = Confidence::kHigh;
  std::vector<double> x, y;
  std::uint32_t line = 0;

  // The published number at `point` (nullopt: the single value); nullopt where none was published.
  std::optional<double> at(std::optional<double> point) const;
};

// A column of a sweep table: one metric at every point.
struct TableColumn {
  std::string metric, label, published;  // published: id of a series, may be empty
};

// A row of a plain table: addresses of metrics ("" = no such cell) and the paper's numbers.
struct TableRow {
  std::string label;
  std::vector<std::string> cells;
  std::vector<std::optional<double>> published;  // empty, or one per cell (NaN in TOML = none)
};

struct TableSpec {
  std::string id, title, caption;
  std::uint32_t line = 0;
  // Sweep form: one row per point. Empty points: every point that any column was declared for.
  std::vector<double> points;
  std::string point_label;  // header of the first column
  std::vector<TableColumn> columns;
  // Plain form: headers of the cells, and the rows.
  std::vector<std::string> headers;
  std::vector<TableRow> rows;

  bool is_sweep() const { return !columns.empty(); }
};

struct FigureSeries {
  std::string metric, label, published;
  std::string color;            // a name of the palette in report/palette.h; empty: by position
  std::string style = "solid";  // solid, dashed or dotted
};

// kLines draws series over the points of a sweep; the others draw a plain table: kBars its rows as
// groups of bars (one panel per unit), kMatrix its cells as coloured squares.
enum class FigureKind { kLines, kBars, kMatrix };

struct FigureSpec {
  std::string id, title, caption, x_label, y_label;
  FigureKind kind = FigureKind::kLines;
  bool x_log = false, y_log = false;  // lines
  // Lines: the range of what is measured, of which the axis shows no more. Empty or two numbers.
  std::vector<double> y_range;
  std::vector<FigureSeries> series;   // lines
  std::string table;                  // bars, matrix: the id of a plain table
  std::vector<std::string> colors;    // bars: of the table's columns; empty: by position
  std::uint32_t line = 0;
};

enum class ClaimKind {
  kLess,       // left < right - margin
  kGreater,    // left > right + margin
  kBetween,    // low <= metric <= high
  kTrend,      // metric rises or falls along the points
  kCrossover,  // left beats right by more than margin on one side of a point, not on the other
};
enum class Quantifier { kAll, kAny, kMajority };

struct Claim {
  std::string id, statement, source;
  std::uint32_t line = 0;
  ClaimKind kind = ClaimKind::kLess;
  std::string left, right;  // less, greater, crossover: addresses, or ids when there are points
  std::string metric;       // between, trend
  bool all_points = false;  // at = "all"
  std::vector<double> at;   // at = [55, 165]
  Quantifier quantifier = Quantifier::kAll;
  double margin = 0;                // in the unit of the metrics
  std::optional<double> low, high;  // between
  bool rising = true;               // trend
  double from = 0;                  // crossover: the point P
  bool better_from = true;          // crossover: left is better at points >= P (else at points < P)
  bool lower_is_better = true;      // crossover
  bool expected_holds = true;       // what we expect, knowing how the paper was made

  bool has_points() const { return all_points || !at.empty(); }
};

enum class Direction { kLowerIsBetter, kHigherIsBetter, kTwoSided };

// A gate: what a metric of one profile should come out as.
struct Expectation {
  std::string profile, metric, note;
  std::uint32_t line = 0;
  double value = 0;
  std::optional<double> abs_tol, rel_tol;  // the wider one counts
  std::optional<double> paper, paper_tol;
  Direction direction = Direction::kTwoSided;
  bool gates = true;       // kind = "gate"; "info" is shown and never fails
  std::int64_t seeds = 1;  // seeds the tolerance was set for

  double tolerance() const;  // absolute
};

struct Change {
  std::int64_t version = 0;
  std::string date, text;  // date: YYYY-MM-DD
  std::uint32_t line = 0;
};

struct Card {
  std::filesystem::path file;
  std::string id, title, summary;
  std::int64_t version = 0;
  std::uint32_t version_line = 0, datasets_line = 0, id_line = 0;
  Citation citation;
  std::vector<std::string> datasets;
  std::vector<PublishedSeries> published;
  std::vector<TableSpec> tables;
  std::vector<FigureSpec> figures;
  std::vector<Claim> claims;
  std::vector<Expectation> expected;
  std::vector<Change> changelog;

  // nullptr when absent or `series_id` is empty.
  const PublishedSeries* find_published(std::string_view series_id) const;
  const TableSpec* find_table(std::string_view table_id) const;  // nullptr when absent
};

// Reads `<experiment_folder>/experiment.toml`. Every mistake of form (syntax, unknown key with a
// suggestion, wrong type, missing key) is Error::at_line; no file is Error::missing. What needs
// other files or other parts of the card is checked by validate_card (core/card_validation.h).
Card load_card(const std::filesystem::path& experiment_folder);

const char* to_string(Confidence confidence);  // "H", "M", "L"
const char* to_string(ClaimKind kind);         // as in the card
const char* to_string(Quantifier quantifier);

}  // namespace ersatz::core
