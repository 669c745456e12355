#include "report/results_writer.h"

#include <fmt/format.h>

#include "core/abandoned.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/plain_name.h"
#include "core/staged_folder.h"
#include "report/csv.h"
#include "report/draw_figure.h"
#include "report/figure.h"
#include "report/interpretation.h"
#include "report/latex.h"
#include "report/markdown.h"
#include "report/report_page.h"
#include "report/table.h"

namespace ersatz::report {
namespace {

namespace fs = std::filesystem;
using core::Json;

bool same_file(const fs::path& a, const fs::path& b) {
  return fs::is_regular_file(a) && fs::is_regular_file(b) &&
         core::read_file(a) == core::read_file(b);
}

// Draws one figure; without gnuplot, takes over the drawing in `previous` if it shows these data.
void draw(const Figure& figure, const fs::path& plots, const fs::path& previous,
          std::vector<std::string>& warnings) {
  const GnuplotOutcome outcome = draw_figure(figure, plots);
  if (outcome.drawn) return;
  const bool unchanged = same_file(previous / (figure.id + ".csv"), plots / (figure.id + ".csv")) &&
                         same_file(previous / (figure.id + ".gp"), plots / (figure.id + ".gp"));
  bool kept = unchanged;
  for (const char* extension : {".svg", ".png"}) {
    const fs::path old = previous / (figure.id + extension);
    if (unchanged && fs::is_regular_file(old))
      fs::copy_file(old, plots / (figure.id + extension));
    else
      kept = false;
  }
  if (!kept) {
    warnings.push_back(
        fmt::format("figure {} was not drawn ({}); plots/{}.gp and .csv are there, draw them with "
                    "`ersatz report`",
                    figure.id, outcome.problem, figure.id));
  }
}

// Copies the pictures; those that are not there are left out of the record, with a warning.
void copy_pictures(ResultRecord& record, const fs::path& base, const fs::path& staged,
                   std::vector<std::string>& warnings) {
  std::vector<core::Picture> present;
  for (core::Picture& picture : record.pictures) {
    const fs::path from = picture.file.is_absolute() ? picture.file : base / picture.file;
    if (!fs::is_regular_file(from)) {
      warnings.push_back(fmt::format("picture {} is missing", picture.name));
      continue;
    }
    core::make_directories(staged / "pictures");
    fs::copy_file(from, staged / "pictures" / (picture.name + ".png"),
                  fs::copy_options::overwrite_existing);
    present.push_back(std::move(picture));
  }
  record.pictures = std::move(present);
}

// Fills `staged` with everything; `previous` is the folder whose place it takes.
// Files are called after them, and the card may be anybody's.
void require_plain_ids(const core::Card& card) {
  const auto require = [&](const std::string& id) {
    if (core::plain_name(id)) return;
    throw core::Error::usage(
        fmt::format("the card of {} names a table or figure '{}'", card.id, id),
        "an id is a file's name: no path, no dot at its beginning");
  };
  for (const core::TableSpec& table : card.tables) require(table.id);
  for (const core::FigureSpec& figure : card.figures) require(figure.id);
}

WrittenResults fill(const core::Card& card, ResultRecord record, const fs::path& staged,
                    const fs::path& previous) {
  require_plain_ids(card);
  WrittenResults written;
  written.folder = previous;
  copy_pictures(record, previous, staged, written.warnings);
  core::write_json(staged / "metrics.json", metrics_json(record));
  if (!record.provenance.is_null()) {
    core::write_json(staged / "provenance.json", record.provenance);
  }
  Interpretation made = interpret(card, record);
  written.verdicts = std::move(made.verdicts);
  written.gates = std::move(made.gates);
  Json claims = Json::array();
  for (const evaluate::Verdict& verdict : written.verdicts) claims.push_back(to_json(verdict));
  core::write_json(staged / "verdicts.json", {{"format", 1},
                                              {"experiment", record.experiment},
                                              {"profile", record.profile},
                                              {"card_version", card.version},
                                              {"claims", claims},
                                              {"gates", to_json(written.gates)}});
  for (const Table& table : made.tables) {
    const fs::path stem = staged / "tables" / table.id;
    core::write_file_atomic(stem.string() + ".md", to_markdown(table));
    core::write_file_atomic(stem.string() + ".csv", to_csv(table));
    core::write_file_atomic(stem.string() + ".tex", to_latex(table));
  }
  for (const Figure& figure : made.figures) {
    if (!figure.has_points()) continue;  // report.md says why
    draw(figure, staged / "plots", previous / "plots", written.warnings);
  }
  core::write_file_atomic(staged / "report.md",
                          report_page({&card, &record, &made.tables, &made.figures,
                                       &written.verdicts, &written.gates}));
  return written;
}

}  // namespace

WrittenResults write_results(const core::Card& card, const ResultRecord& record,
                             const fs::path& results_root) {
  const fs::path target = results_root / record.experiment / record.profile;
  core::StagedFolder staged(target);
  WrittenResults written = fill(card, record, staged.path(), target);
  staged.put_in_place();
  return written;
}

WrittenResults render_results(const core::Card& card, const fs::path& folder) {
  fs::path target = fs::absolute(folder).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  core::remove_abandoned(target);  // which may put it back
  ResultRecord record = read_record(target);
  if (record.experiment != card.id) {
    throw core::Error::usage(fmt::format("{} holds results of '{}', the card is of '{}'",
                                         folder.string(), record.experiment, card.id));
  }
  core::StagedFolder staged(target);
  WrittenResults written = fill(card, std::move(record), staged.path(), target);
  staged.put_in_place();
  written.folder = folder;
  return written;
}

}  // namespace ersatz::report
