#include "core/card_validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/error.h"
#include "core/metrics.h"
#include "core/suggest.h"

namespace ersatz::core {
namespace {

namespace fs = std::filesystem;

// Collects the problems of one card.
class Validation {
 public:
  explicit Validation(const Card& card) : card_(card) {
    for (const PublishedSeries& series : card.published) published_.push_back(series.id);
  }

  void problem(std::uint32_t line, std::string_view message) {
    problems_.push_back(fmt::format("{}:{}: {}", card_.file.string(), line, message));
  }

  void unknown(std::uint32_t line, std::string_view what, const std::string& name,
               const std::vector<std::string>& known) {
    const std::string nearest = nearest_name(name, known);
    problem(line, nearest.empty()
                      ? fmt::format("{} '{}'", what, name)
                      : fmt::format("{} '{}', did you mean '{}'?", what, name, nearest));
  }

  void published_id(std::uint32_t line, const std::string& id) {
    if (!id.empty() && card_.find_published(id) == nullptr) {
      unknown(line, "no [[published]] series", id, published_);
    }
  }

  // `with_point`: whether "@point" may be part of it.
  void address(std::uint32_t line, const std::string& text, bool with_point) {
    try {
      if (parse_address(text).second && !with_point) {
        problem(line, fmt::format("'{}' must be a metric id without @point here", text));
      }
    } catch (const Error& error) {
      problem(line, error.what());
    }
  }

  template <class Items>
  void unique_ids(const Items& items, std::string_view what) {
    std::map<std::string, std::uint32_t> seen;
    for (const auto& item : items) {
      const auto [first, fresh] = seen.emplace(item.id, item.line);
      if (!fresh) {
        problem(item.line,
                fmt::format("{} '{}' is already on line {}", what, item.id, first->second));
      }
      // Ids of tables, figures and claims become file names and anchors.
      if (item.id.find_first_of("/\\ \t\n") != std::string::npos || item.id[0] == '.') {
        problem(item.line, fmt::format("{} id '{}' cannot be a file name", what, item.id));
      }
    }
  }

  std::vector<std::string> take() { return std::move(problems_); }

 private:
  const Card& card_;
  std::vector<std::string> published_;
  std::vector<std::string> problems_;
};

void check_claim(Validation& check, const Claim& claim) {
  const bool with_point = !claim.has_points();
  if (claim.kind == ClaimKind::kBetween || claim.kind == ClaimKind::kTrend) {
    check.address(claim.line, claim.metric, with_point);
  } else {
    check.address(claim.line, claim.left, with_point);
    check.address(claim.line, claim.right, with_point);
    if (claim.left == claim.right) {
      check.problem(claim.line, fmt::format("claim '{}' compares a metric with itself", claim.id));
    }
  }
  if (!claim.has_points() && claim.quantifier != Quantifier::kAll) {
    check.problem(claim.line, "'quantifier' has no meaning without 'at'");
  }
  if (!claim.at.empty()) {
    if (std::set<double>(claim.at.begin(), claim.at.end()).size() != claim.at.size()) {
      check.problem(claim.line, fmt::format("claim '{}' names a point twice", claim.id));
    }
    const auto is_beyond = [&](double x) { return x >= claim.from; };
    if (claim.kind == ClaimKind::kCrossover &&
        (std::none_of(claim.at.begin(), claim.at.end(), is_beyond) ||
         std::all_of(claim.at.begin(), claim.at.end(), is_beyond))) {
      check.problem(claim.line, fmt::format("claim '{}' has no points on one side of 'from' = {:g}",
                                            claim.id, claim.from));
    }
    if (claim.kind == ClaimKind::kTrend && claim.at.size() < 3) {
      check.problem(claim.line, fmt::format("trend '{}' needs at least 3 points", claim.id));
    }
  }
}

void check_changelog(Validation& check, const Card& card) {
  std::set<std::int64_t> versions;
  for (const Change& change : card.changelog) {
    if (!versions.insert(change.version).second) {
      check.problem(change.line, fmt::format("version {} is described twice", change.version));
    }
    if (change.version > card.version) {
      check.problem(change.line, fmt::format("version {} is newer than the card's version {}",
                                             change.version, card.version));
    }
    const auto digit_at = [&](std::size_t i) {
      return change.date[i] >= '0' && change.date[i] <= '9';
    };
    bool date = change.date.size() == 10;
    for (std::size_t i = 0; date && i < 10; ++i) {
      date = i == 4 || i == 7 ? change.date[i] == '-' : digit_at(i);
    }
    if (!date) {
      check.problem(change.line, fmt::format("date '{}' is not YYYY-MM-DD", change.date));
    }
  }
  if (versions.count(card.version) == 0) {
    check.problem(card.version_line,
                  fmt::format("version {} has no [[changelog]] entry", card.version));
  }
}

void check_expected(Validation& check, const Card& card, const fs::path& folder) {
  std::vector<std::string> profiles;
  if (fs::is_directory(folder / "profiles")) {
    for (const auto& entry : fs::directory_iterator(folder / "profiles")) {
      if (entry.path().extension() == ".toml") profiles.push_back(entry.path().stem().string());
    }
  }
  std::sort(profiles.begin(), profiles.end());
  std::map<std::string, std::uint32_t> seen;
  for (const Expectation& expected : card.expected) {
    check.address(expected.line, expected.metric, true);
    const auto [first, fresh] =
        seen.emplace(expected.profile + " " + expected.metric, expected.line);
    if (!fresh) {
      check.problem(expected.line, fmt::format("{} of profile {} is already on line {}",
                                               expected.metric, expected.profile, first->second));
    }
    if (std::find(profiles.begin(), profiles.end(), expected.profile) == profiles.end()) {
      check.unknown(expected.line, "there is no profile", expected.profile, profiles);
    }
  }
}

void check_figure(Validation& check, const Card& card, const FigureSpec& figure) {
  for (const FigureSeries& series : figure.series) {
    check.address(figure.line, series.metric, false);
    check.published_id(figure.line, series.published);
  }
  if (figure.kind == FigureKind::kLines) return;
  const TableSpec* table = card.find_table(figure.table);
  if (table == nullptr) {
    std::vector<std::string> known;
    for (const TableSpec& other : card.tables) known.push_back(other.id);
    check.unknown(figure.line, "no [[table]]", figure.table, known);
  } else if (table->is_sweep()) {
    check.problem(figure.line, fmt::format("table '{}' is a sweep; bars and matrices draw a table "
                                           "with headers and rows",
                                           figure.table));
  } else if (figure.colors.size() > table->headers.size()) {
    check.problem(figure.line,
                  fmt::format("{} colors for the {} columns of table '{}'", figure.colors.size(),
                              table->headers.size(), figure.table));
  }
}

void check_datasets(Validation& check, const Card& card, const fs::path& manifests_folder) {
  std::vector<std::string> manifests;
  if (fs::is_directory(manifests_folder)) {
    for (const auto& entry : fs::directory_iterator(manifests_folder)) {
      if (entry.path().extension() == ".toml") manifests.push_back(entry.path().stem().string());
    }
  }
  std::sort(manifests.begin(), manifests.end());
  std::set<std::string> seen;
  for (const std::string& id : card.datasets) {
    if (!seen.insert(id).second) {
      check.problem(card.datasets_line, fmt::format("dataset '{}' is listed twice", id));
    }
    if (std::find(manifests.begin(), manifests.end(), id) == manifests.end()) {
      check.unknown(card.datasets_line, "no manifest for dataset", id, manifests);
    }
  }
}

}  // namespace

std::vector<std::string> validate_card(const Card& card, const fs::path& experiment_folder,
                                       const fs::path& manifests_folder) {
  Validation check(card);
  fs::path folder = experiment_folder.lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  if (card.id != folder.filename().string()) {
    check.problem(card.id_line, fmt::format("id '{}' differs from the folder name '{}'", card.id,
                                            folder.filename().string()));
  }
  if (!fs::exists(folder / "README.md")) check.problem(card.id_line, "there is no README.md");
  check_datasets(check, card, manifests_folder);
  check.unique_ids(card.published, "published series");
  check.unique_ids(card.tables, "table");
  check.unique_ids(card.figures, "figure");
  check.unique_ids(card.claims, "claim");
  for (const TableSpec& table : card.tables) {
    for (const TableColumn& column : table.columns) {
      check.address(table.line, column.metric, false);
      check.published_id(table.line, column.published);
    }
    for (const TableRow& row : table.rows) {
      for (const std::string& cell : row.cells) {
        if (!cell.empty()) check.address(table.line, cell, true);
      }
    }
  }
  for (const FigureSpec& figure : card.figures) check_figure(check, card, figure);
  for (const Claim& claim : card.claims) check_claim(check, claim);
  check_expected(check, card, folder);
  check_changelog(check, card);
  return check.take();
}

}  // namespace ersatz::core
