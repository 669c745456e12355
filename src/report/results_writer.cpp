#include "report/results_writer.h"

#include <fmt/format.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file_system.h"
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

// Removes what killed writers of this folder left behind: "<profile>.<pid>.partial".
void remove_stale(const fs::path& target) {
  if (!fs::is_directory(target.parent_path())) return;
  const std::string prefix = target.filename().string() + ".";
  std::vector<fs::path> stale;
  for (const auto& entry : fs::directory_iterator(target.parent_path())) {
    if (entry.path().filename().string().rfind(prefix, 0) != 0) continue;
    // Our own number: an earlier process had it.
    const bool ours = entry.path().filename() == prefix + std::to_string(getpid()) + ".partial";
    if (ours || core::is_abandoned(entry.path())) stale.push_back(entry.path());
  }
  for (const fs::path& path : stale) core::remove_tree(path);
}

// The folder being written; removed unless it was put in place.
class StagedFolder {
 public:
  explicit StagedFolder(const fs::path& target)
      : target_(target),
        path_(target.parent_path() /
              fmt::format("{}.{}.partial", target.filename().string(), getpid())) {
    remove_stale(target_);
    core::make_directories(path_);
  }
  ~StagedFolder() {
    std::error_code ignored;
    if (!placed_) fs::remove_all(path_, ignored);
  }
  StagedFolder(const StagedFolder&) = delete;
  StagedFolder& operator=(const StagedFolder&) = delete;

  const fs::path& path() const { return path_; }
  void put_in_place() {
    core::fsync_tree(path_);
    core::replace_directory(path_, target_);
    placed_ = true;
  }

 private:
  fs::path target_, path_;
  bool placed_ = false;
};

bool same_file(const fs::path& a, const fs::path& b) {
  return fs::is_regular_file(a) && fs::is_regular_file(b) &&
         core::read_file(a) == core::read_file(b);
}

// Draws one figure; without gnuplot, takes over the drawing in `previous` if it shows these data.
void draw(const Figure& figure, const fs::path& plots, const fs::path& previous,
          std::vector<std::string>& warnings) {
  const GnuplotOutcome outcome = draw_figure(figure, plots);
  if (outcome.drawn) return;
  for (const char* extension : {".svg", ".png"}) fs::remove(plots / (figure.id + extension));
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
WrittenResults fill(const core::Card& card, ResultRecord record, const fs::path& staged,
                    const fs::path& previous) {
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
  StagedFolder staged(target);
  WrittenResults written = fill(card, record, staged.path(), target);
  staged.put_in_place();
  return written;
}

WrittenResults render_results(const core::Card& card, const fs::path& folder) {
  fs::path target = fs::absolute(folder).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  ResultRecord record = read_record(target);
  if (record.experiment != card.id) {
    throw core::Error::usage(fmt::format("{} holds results of '{}', the card is of '{}'",
                                         folder.string(), record.experiment, card.id));
  }
  StagedFolder staged(target);
  WrittenResults written = fill(card, std::move(record), staged.path(), target);
  staged.put_in_place();
  written.folder = folder;
  return written;
}

}  // namespace ersatz::report
