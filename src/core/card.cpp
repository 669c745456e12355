#include "core/card.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/card_reader.h"

namespace ersatz::core {
namespace {

namespace fs = std::filesystem;

Citation read_citation(const fs::path& file, const CardReader& card) {
  const toml::table* table = card.table("citation");
  if (table == nullptr) throw card.error("citation", "is missing");
  const CardReader reader(file, *table, "[citation]",
                          {"authors", "title", "year", "venue", "url", "bibtex"});
  Citation citation;
  citation.authors = reader.texts("authors");
  if (citation.authors.empty()) throw reader.error("authors", "must name at least one author");
  citation.title = reader.text("title");
  citation.year = reader.integer_or("year", 0);
  citation.venue = reader.text_or("venue", "");
  citation.url = reader.text_or("url", "");
  citation.bibtex = reader.text("bibtex");
  return citation;
}

PublishedSeries read_published(const fs::path& file, const toml::table& table) {
  const CardReader reader(file, table, "[[published]]",
                          {"id", "unit", "x", "y", "value", "source", "confidence", "note"});
  PublishedSeries series;
  series.line = reader.line();
  series.id = reader.text("id");
  series.unit = reader.text_or("unit", "");
  series.source = reader.text("source");
  series.note = reader.text_or("note", "");
  series.confidence = static_cast<Confidence>(reader.choice("confidence", {"H", "M", "L"}));
  if (reader.has("value")) {
    if (reader.has("x") || reader.has("y")) {
      throw reader.error("value", "excludes 'x' and 'y': give one value or one curve");
    }
    series.y = {reader.number("value")};
    return series;
  }
  series.x = reader.numbers("x");
  series.y = reader.numbers("y");
  if (series.x.empty()) throw reader.error("x", "is missing or empty (or give 'value')");
  if (series.x.size() != series.y.size()) {
    throw reader.error(
        "y", fmt::format("has {} values for {} points in 'x'", series.y.size(), series.x.size()));
  }
  for (std::size_t i = 1; i < series.x.size(); ++i) {
    if (!(series.x[i] > series.x[i - 1])) throw reader.error("x", "must be ascending");
  }
  return series;
}

TableColumn read_column(const fs::path& file, const toml::table& table) {
  const CardReader reader(file, table, "column of a [[table]]", {"metric", "label", "published"});
  return {reader.text("metric"), reader.text("label"), reader.text_or("published", "")};
}

TableRow read_row(const fs::path& file, const toml::table& table, std::size_t width) {
  const CardReader reader(file, table, "row of a [[table]]", {"label", "cells", "published"});
  TableRow row;
  row.label = reader.text("label");
  row.cells = reader.texts("cells");
  if (row.cells.size() != width) {
    throw reader.error("cells",
                       fmt::format("has {} entries for {} headers", row.cells.size(), width));
  }
  for (const double value : reader.numbers("published", true)) {
    row.published.push_back(std::isnan(value) ? std::nullopt : std::optional<double>(value));
  }
  if (!row.published.empty() && row.published.size() != width) {
    throw reader.error("published", fmt::format("has {} numbers for {} headers (nan: none)",
                                                row.published.size(), width));
  }
  return row;
}

TableSpec read_table(const fs::path& file, const toml::table& table) {
  const CardReader reader(
      file, table, "[[table]]",
      {"id", "title", "caption", "points", "point_label", "columns", "headers", "rows"});
  TableSpec spec;
  spec.line = reader.line();
  spec.id = reader.text("id");
  spec.title = reader.text("title");
  spec.caption = reader.text_or("caption", "");
  if (reader.has("columns") == reader.has("rows")) {
    throw reader.error("columns", "needs to be given for a sweep table, or 'rows' for a plain one");
  }
  if (reader.has("columns")) {
    spec.point_label = reader.text("point_label");
    if (!reader.is_text("points"))
      spec.points = reader.numbers("points");
    else
      reader.choice("points", {"all"});
    if (!reader.has("points")) throw reader.error("points", "is missing (a list, or \"all\")");
    for (const auto* column : reader.tables("columns")) {
      spec.columns.push_back(read_column(file, *column));
    }
    if (spec.columns.empty()) throw reader.error("columns", "is empty");
    return spec;
  }
  spec.headers = reader.texts("headers");
  if (spec.headers.empty()) throw reader.error("headers", "is missing or empty");
  for (const auto* row : reader.tables("rows")) {
    spec.rows.push_back(read_row(file, *row, spec.headers.size()));
  }
  return spec;
}

void read_lines(const fs::path& file, const CardReader& reader, FigureSpec& spec) {
  spec.x_label = reader.text("x_label");
  spec.y_label = reader.text("y_label");
  spec.x_log = reader.choice("x_scale", {"linear", "log"}, 0) == 1;
  spec.y_log = reader.choice("y_scale", {"linear", "log"}, 0) == 1;
  if (reader.has("y_range")) {
    spec.y_range = reader.numbers("y_range");
    if (spec.y_range.size() != 2 || !(spec.y_range[0] < spec.y_range[1])) {
      throw reader.error("y_range", "must be [LOW, HIGH]");
    }
  }
  for (const auto* item : reader.tables("series")) {
    const CardReader series(file, *item, "series of a [[figure]]",
                            {"metric", "label", "published", "color", "style"});
    const std::vector<std::string> styles = {"solid", "dashed", "dotted"};
    spec.series.push_back({series.text("metric"), series.text("label"),
                           series.text_or("published", ""), series.text_or("color", ""),
                           styles[series.choice("style", styles, 0)]});
  }
  if (spec.series.empty()) throw reader.error("series", "is missing or empty");
}

FigureSpec read_figure(const fs::path& file, const toml::table& table) {
  std::vector<std::string> keys = {"id", "title", "caption", "kind", "x_label", "y_label"};
  const auto* kind = table["kind"].as_string();
  const std::string name = kind != nullptr ? kind->get() : "lines";
  if (name == "lines")
    keys.insert(keys.end(), {"x_scale", "y_scale", "y_range", "series"});
  else if (name == "bars")
    keys.insert(keys.end(), {"table", "colors"});
  else if (name == "matrix")
    keys.emplace_back("table");
  else  // a misspelt kind is told as such below, not as unknown keys
    for (const auto& [key, node] : table) keys.emplace_back(key.str());
  const CardReader reader(file, table, "[[figure]]", keys);
  FigureSpec spec;
  spec.line = reader.line();
  spec.id = reader.text("id");
  spec.title = reader.text("title");
  spec.caption = reader.text_or("caption", "");
  spec.kind = static_cast<FigureKind>(reader.choice("kind", {"lines", "bars", "matrix"}, 0));
  if (spec.kind == FigureKind::kLines) {
    read_lines(file, reader, spec);
    return spec;
  }
  spec.table = reader.text("table");
  spec.x_label = reader.text_or("x_label", "");
  spec.y_label = reader.text_or("y_label", "");
  if (spec.kind == FigureKind::kBars) spec.colors = reader.texts("colors");
  return spec;
}

void read_points(const CardReader& reader, Claim& claim) {
  if (!reader.has("at")) return;
  if (reader.is_text("at")) {
    reader.choice("at", {"all"});
    claim.all_points = true;
    return;
  }
  claim.at = reader.numbers("at");
  if (claim.at.empty()) throw reader.error("at", "must name points, or be \"all\"");
}

Claim read_claim(const fs::path& file, const toml::table& table) {
  // The keys of every kind are known before the kind is, so that a misspelt "kind" is told as such.
  std::vector<std::string> keys = {"id", "statement", "source", "kind", "expected"};
  const auto* kind = table["kind"].as_string();
  const std::string name = kind != nullptr ? kind->get() : std::string();
  const auto allow = [&](std::initializer_list<const char*> more) {
    keys.insert(keys.end(), more.begin(), more.end());
  };
  if (name == "less" || name == "greater")
    allow({"left", "right", "at", "quantifier", "margin"});
  else if (name == "between")
    allow({"metric", "at", "quantifier", "low", "high"});
  else if (name == "trend")
    allow({"metric", "at", "direction", "margin"});
  else if (name == "crossover")
    allow({"left", "right", "at", "from", "side", "better", "margin"});
  else
    for (const auto& [key, node] : table) keys.emplace_back(key.str());

  const CardReader reader(file, table, name.empty() ? "[[claim]]" : "[[claim]] of kind " + name,
                          keys);
  Claim claim;
  claim.line = reader.line();
  claim.kind = static_cast<ClaimKind>(
      reader.choice("kind", {"less", "greater", "between", "trend", "crossover"}));
  claim.id = reader.text("id");
  claim.statement = reader.text("statement");
  claim.source = reader.text("source");
  claim.expected_holds = reader.choice("expected", {"holds", "fails"}, 0) == 0;
  read_points(reader, claim);
  claim.quantifier =
      static_cast<Quantifier>(reader.choice("quantifier", {"all", "any", "majority"}, 0));
  claim.margin = reader.number_if("margin").value_or(0);
  if (claim.margin < 0) throw reader.error("margin", "must not be negative");
  if (claim.kind == ClaimKind::kBetween) {
    claim.metric = reader.text("metric");
    claim.low = reader.number_if("low");
    claim.high = reader.number_if("high");
    if (!claim.low && !claim.high) throw reader.error("low", "or 'high' must be given");
    if (claim.low && claim.high && *claim.low > *claim.high) {
      throw reader.error("low", "is above 'high'");
    }
  } else if (claim.kind == ClaimKind::kTrend) {
    claim.metric = reader.text("metric");
    claim.rising = reader.choice("direction", {"rises", "falls"}) == 0;
    if (!claim.has_points()) throw reader.error("at", "is missing: a trend needs points");
  } else {
    claim.left = reader.text("left");
    claim.right = reader.text("right");
  }
  if (claim.kind == ClaimKind::kCrossover) {
    claim.from = reader.number("from");
    claim.better_from = reader.choice("side", {"from", "below"}, 0) == 0;
    claim.lower_is_better = reader.choice("better", {"lower", "higher"}, 0) == 0;
    if (!claim.has_points()) throw reader.error("at", "is missing: a crossover needs points");
  }
  return claim;
}

Expectation read_expectation(const fs::path& file, const toml::table& table) {
  const CardReader reader(file, table, "[[expected]]",
                          {"profile", "metric", "value", "abs_tol", "rel_tol", "paper", "paper_tol",
                           "direction", "kind", "seeds", "note"});
  Expectation expected;
  expected.line = reader.line();
  expected.profile = reader.text("profile");
  expected.metric = reader.text("metric");
  expected.value = reader.number("value");
  expected.abs_tol = reader.number_if("abs_tol");
  expected.rel_tol = reader.number_if("rel_tol");
  if (!expected.abs_tol && !expected.rel_tol) {
    throw reader.error("abs_tol", "or 'rel_tol' must be given");
  }
  expected.paper = reader.number_if("paper");
  expected.paper_tol = reader.number_if("paper_tol");
  if (expected.paper.has_value() != expected.paper_tol.has_value()) {
    throw reader.error("paper", "and 'paper_tol' go together");
  }
  for (const char* key : {"abs_tol", "rel_tol", "paper_tol"}) {
    if (reader.number_if(key).value_or(0) < 0) throw reader.error(key, "must not be negative");
  }
  expected.direction =
      static_cast<Direction>(reader.choice("direction", {"lower", "higher", "two-sided"}, 2));
  expected.gates = reader.choice("kind", {"gate", "info"}, 0) == 0;
  expected.seeds = reader.integer_or("seeds", 1);
  if (expected.seeds < 1) throw reader.error("seeds", "must be at least 1");
  expected.note = reader.text_or("note", "");
  return expected;
}

Change read_change(const fs::path& file, const toml::table& table) {
  const CardReader reader(file, table, "[[changelog]]", {"version", "date", "text"});
  return {reader.integer("version"), reader.text("date"), reader.text("text"), reader.line()};
}

}  // namespace

std::string Citation::year_text() const { return year == 0 ? "no date" : std::to_string(year); }

std::optional<double> PublishedSeries::at(std::optional<double> point) const {
  if (!point) return x.empty() ? std::optional<double>(y.at(0)) : std::nullopt;
  const auto found = std::find(x.begin(), x.end(), *point);
  if (found == x.end()) return std::nullopt;
  return y[static_cast<std::size_t>(found - x.begin())];
}

double Expectation::tolerance() const {
  return std::max(abs_tol.value_or(0), rel_tol.value_or(0) * std::abs(value));
}

const PublishedSeries* Card::find_published(std::string_view series_id) const {
  for (const PublishedSeries& series : published) {
    if (series.id == series_id) return &series;
  }
  return nullptr;
}

const TableSpec* Card::find_table(std::string_view table_id) const {
  for (const TableSpec& table : tables) {
    if (table.id == table_id) return &table;
  }
  return nullptr;
}

Card load_card(const fs::path& experiment_folder) {
  Card card;
  card.file = experiment_folder / "experiment.toml";
  const toml::table root = read_toml(card.file);
  const CardReader reader(card.file, root, "the card",
                          {"id", "title", "summary", "version", "citation", "datasets", "published",
                           "table", "figure", "claim", "expected", "changelog"});
  card.id = reader.text("id");
  card.title = reader.text("title");
  card.summary = reader.text("summary");
  card.version = reader.integer("version");
  card.id_line = reader.line_of("id");
  card.version_line = reader.line_of("version");
  card.datasets_line = reader.line_of("datasets");
  card.citation = read_citation(card.file, reader);
  card.datasets = reader.texts("datasets");
  for (const auto* t : reader.tables("published")) {
    card.published.push_back(read_published(card.file, *t));
  }
  for (const auto* t : reader.tables("table")) card.tables.push_back(read_table(card.file, *t));
  for (const auto* t : reader.tables("figure")) card.figures.push_back(read_figure(card.file, *t));
  for (const auto* t : reader.tables("claim")) card.claims.push_back(read_claim(card.file, *t));
  for (const auto* t : reader.tables("expected")) {
    card.expected.push_back(read_expectation(card.file, *t));
  }
  for (const auto* t : reader.tables("changelog")) {
    card.changelog.push_back(read_change(card.file, *t));
  }
  return card;
}

const char* to_string(Confidence confidence) {
  return confidence == Confidence::kHigh ? "H" : confidence == Confidence::kMedium ? "M" : "L";
}

const char* to_string(ClaimKind kind) {
  switch (kind) {
    case ClaimKind::kLess:
      return "less";
    case ClaimKind::kGreater:
      return "greater";
    case ClaimKind::kBetween:
      return "between";
    case ClaimKind::kTrend:
      return "trend";
    case ClaimKind::kCrossover:
      return "crossover";
  }
  return "";
}

const char* to_string(Quantifier quantifier) {
  return quantifier == Quantifier::kAll   ? "all"
         : quantifier == Quantifier::kAny ? "any"
                                          : "majority";
}

}  // namespace ersatz::core
