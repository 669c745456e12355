#include "report/results_writer.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <map>

#include "core/file_system.h"
#include "report/report_fixture.h"
#include "support/partial_files.h"
#include "support/test_support.h"

namespace ersatz::report {
namespace {

namespace fs = std::filesystem;

std::map<std::string, std::string> content(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    files[fs::relative(entry.path(), folder).string()] = core::read_file(entry.path());
  }
  return files;
}

// Hides gnuplot for the life of the object.
struct WithoutGnuplot {
  WithoutGnuplot() { setenv("ERSATZ_GNUPLOT", "no-such-gnuplot", 1); }
  ~WithoutGnuplot() { unsetenv("ERSATZ_GNUPLOT"); }
};

bool gnuplot_is_here() { return test::run_command("command -v gnuplot").exit_status == 0; }

ResultRecord record_with_picture(const test::TemporaryFolder& folder) {
  ResultRecord record = test::small_record();
  core::write_file_atomic(folder / "rows.png", "a picture");
  record.pictures = {{"rows", folder / "rows.png", "Digits | before and after"}};
  return record;
}

TEST(ResultsWriter, WritesTheCompleteFolder) {
  test::TemporaryFolder folder;
  const auto written =
      write_results(test::small_card(), record_with_picture(folder), folder / "results");
  EXPECT_EQ(written.folder, folder / "results/small/mini");
  const auto files = content(written.folder);
  for (const char* name :
       {"metrics.json", "provenance.json", "verdicts.json", "report.md", "tables/sweep.md",
        "tables/sweep.csv", "tables/sweep.tex", "tables/plain.md", "plots/curves.csv",
        "plots/curves.gp", "pictures/rows.png"}) {
    EXPECT_EQ(files.count(name), 1U) << name;
  }
  if (gnuplot_is_here()) {
    EXPECT_TRUE(written.warnings.empty()) << written.warnings[0];
    EXPECT_EQ(files.count("plots/curves.svg") + files.count("plots/curves.png"), 2U);
  }
  ASSERT_EQ(written.verdicts.size(), 1U);
  EXPECT_EQ(written.verdicts[0].status, evaluate::VerdictStatus::kReproduced);
  EXPECT_EQ(written.gates.worst(), evaluate::GateStatus::kPass);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "results/small"), {}), 1)
      << "nothing but the results stays behind";
}

// Written files are called after them.
TEST(ResultsWriter, IdsOfACardLeadNowhereElse) {
  const test::TemporaryFolder folder;
  core::Card card = test::small_card();
  card.tables.at(0).id = "../../elsewhere";
  EXPECT_ERSATZ_ERROR(write_results(card, test::small_record(), folder / "results"),
                      core::ExitCode::kUsage, "'../../elsewhere'");
  card = test::small_card();
  card.figures.at(0).id = "/tmp/elsewhere";
  EXPECT_ERSATZ_ERROR(write_results(card, test::small_record(), folder / "results"),
                      core::ExitCode::kUsage, "'/tmp/elsewhere'");
}

TEST(ResultsWriter, EveryTableAndFigureNamesStandInData) {
  test::TemporaryFolder folder;
  ResultRecord record = test::small_record();
  record.data_label = "stand-in data";
  const auto written = write_results(test::small_card(), record, folder / "results");
  for (const char* name :
       {"tables/sweep.md", "tables/sweep.tex", "tables/plain.md", "plots/curves.gp"}) {
    EXPECT_NE(core::read_file(written.folder / name).find("(stand-in data)"), std::string::npos)
        << name;
  }
  // Also after rendering again from metrics.json.
  const auto again = render_results(test::small_card(), written.folder);
  EXPECT_NE(core::read_file(again.folder / "tables/plain.md").find("(stand-in data)"),
            std::string::npos);
}

TEST(ResultsWriter, AFigureWithoutDataIsTextThatSaysWhy) {
  test::TemporaryFolder folder;
  core::Card card = test::small_card();
  for (core::FigureSeries& series : card.figures[0].series) series.published.clear();
  ResultRecord record = test::small_record();
  record.metrics = {};
  record.metrics.not_run("original.error", 55, "%", "no time");
  record.metrics.not_run("gan.error", 55, "%", "no time");
  const auto written = write_results(card, record, folder.path());
  EXPECT_FALSE(fs::exists(written.folder / "plots"));
  const std::string page = core::read_file(written.folder / "report.md");
  EXPECT_NE(page.find("### Error by N\n\nNot drawn: nothing of it was measured (no time).\n"),
            std::string::npos)
      << page;
  EXPECT_EQ(page.find("plots/"), std::string::npos) << page;
  // A drawing that is there from a time when there was something to draw goes.
  core::write_file_atomic(written.folder / "plots/curves.svg", "old");
  render_results(card, written.folder);
  EXPECT_FALSE(fs::exists(written.folder / "plots"));
}

TEST(ResultsWriter, ReportPageSaysEverything) {
  test::TemporaryFolder folder;
  const auto written =
      write_results(test::small_card(), record_with_picture(folder), folder / "results");
  const std::string page = core::read_file(written.folder / "report.md");
  for (const char* text :
       {"# A small paper: profile mini", "A. Author, B. Author. *Small & true*. 2018.",
        "- Stand-in data.", "1 reproduced, 0 not reproduced", "The GAN does not help.",
        "| `original.error@55` | **PASS** |", "| 385  | 6.50 ± 0.49  |",
        "![Error by N](plots/curves.svg)", "![Digits \\| before and after](pictures/rows.png)",
        "- Shorter trainings.", "| `classifier.steps` | 30000", "make reproduce-small",
        "ersatz check small --profile mini", "cpu A CPU; threads 2", "wall 12.5 s",
        "- debug build"}) {
    EXPECT_NE(page.find(text), std::string::npos) << text << "\n---\n" << page;
  }
}

TEST(ResultsWriter, RenderingAgainGivesTheSameBytes) {
  test::TemporaryFolder folder;
  const core::Card card = test::small_card();
  const auto written = write_results(card, record_with_picture(folder), folder / "results");
  const auto before = content(written.folder);
  fs::remove_all(written.folder / "tables");
  fs::remove_all(written.folder / "plots");
  fs::remove(written.folder / "report.md");
  fs::remove(folder / "rows.png");  // the run is gone: the picture in the folder is used
  const auto again = render_results(card, written.folder);
  EXPECT_TRUE(again.warnings.empty() || !gnuplot_is_here());
  EXPECT_EQ(content(written.folder), before);
}

TEST(ResultsWriter, RecordSurvivesTheRoundTrip) {
  test::TemporaryFolder folder;
  const auto written =
      write_results(test::small_card(), record_with_picture(folder), folder / "results");
  const ResultRecord record = read_record(written.folder);
  EXPECT_EQ(metrics_json(record), metrics_json(record_with_picture(folder)));
  EXPECT_EQ(record.provenance, test::small_record().provenance);
}

TEST(ResultsWriter, WithoutGnuplotKeepsScriptAndDataAndWarns) {
  const WithoutGnuplot hidden;
  test::TemporaryFolder folder;
  const auto written = write_results(test::small_card(), test::small_record(), folder.path());
  ASSERT_EQ(written.warnings.size(), 1U);
  EXPECT_NE(written.warnings[0].find("no-such-gnuplot is not installed"), std::string::npos);
  EXPECT_TRUE(fs::exists(written.folder / "plots/curves.gp"));
  EXPECT_FALSE(fs::exists(written.folder / "plots/curves.svg"));
}

TEST(ResultsWriter, WithoutGnuplotKeepsOnlyDrawingsOfTheSameData) {
  if (!gnuplot_is_here()) GTEST_SKIP() << "gnuplot is not installed";
  test::TemporaryFolder folder;
  core::Card card = test::small_card();
  const auto written = write_results(card, test::small_record(), folder.path());
  const auto before = content(written.folder);
  const WithoutGnuplot hidden;
  EXPECT_TRUE(render_results(card, written.folder).warnings.empty());
  EXPECT_EQ(content(written.folder), before);
  card.published[0].y[0] = 30;
  EXPECT_EQ(render_results(card, written.folder).warnings.size(), 1U);
  EXPECT_FALSE(fs::exists(written.folder / "plots/curves.svg")) << "it would show old data";
}

TEST(ResultsWriter, AMissingPictureIsAWarning) {
  test::TemporaryFolder folder;
  ResultRecord record = record_with_picture(folder);
  fs::remove(folder / "rows.png");
  const auto written = write_results(test::small_card(), record, folder / "results");
  ASSERT_FALSE(written.warnings.empty());
  EXPECT_EQ(written.warnings[0], "picture rows is missing");
  EXPECT_EQ(core::read_file(written.folder / "report.md").find("pictures/rows.png"),
            std::string::npos);
}

TEST(ResultsWriter, AFailedWriteLeavesTheOldFolder) {
  test::TemporaryFolder folder;
  core::Card card = test::small_card();
  const auto written = write_results(card, test::small_record(), folder.path());
  const auto before = content(written.folder);
  card.figures[0].series[0].color = "no colour";  // fails after the tables were written
  EXPECT_ERSATZ_ERROR(write_results(card, test::small_record(), folder.path()),
                      core::ExitCode::kUsage, "no colour");
  EXPECT_EQ(content(written.folder), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "small"), {}), 1);
}

TEST(ResultsWriter, RemovesWhatAKilledWriterLeft) {
  test::TemporaryFolder folder;
  // No process can have a number beyond the kernel's limit; process 1 is alive.
  const fs::path dead = test::partial_of(folder / "small/mini", test::kNobody),
                 alive = test::partial_of(folder / "small/mini", 1),
                 own = folder / "small/mini.x.partial";
  core::write_file_atomic(dead / "metrics.json", "half");
  core::write_file_atomic(alive / "metrics.json", "being written");
  core::write_file_atomic(own / "metrics.json", "somebody's own");
  write_results(test::small_card(), test::small_record(), folder.path());
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_TRUE(fs::exists(alive));
  EXPECT_TRUE(fs::exists(own));
}

TEST(ResultsWriter, AKilledWriterLeavesOldOrNewResults) {
  const WithoutGnuplot hidden;
  test::TemporaryFolder folder;
  const core::Card card = test::small_card();
  ResultRecord even = test::small_record(), odd = even;
  even.notes = {"even"};
  odd.notes = {"odd"};
  const fs::path results = write_results(card, even, folder.path()).folder;
  for (int round = 0; round < 12; ++round) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (int i = 0;; ++i) write_results(card, i % 2 == 0 ? odd : even, folder.path());
    }
    usleep(static_cast<useconds_t>(3000 + 7000 * round));
    kill(child, SIGKILL);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    const std::string note = read_record(results).notes.at(0);
    EXPECT_NE(core::read_file(results / "report.md").find("- " + note + "\n"), std::string::npos)
        << "metrics.json and report.md are of one writing";
    EXPECT_TRUE(fs::exists(results / "verdicts.json"));
  }
  write_results(card, even, folder.path());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "small"), {}), 1);
}

TEST(ReadRecord, RefusesWhatIsNotARecord) {
  test::TemporaryFolder folder;
  EXPECT_ERSATZ_ERROR(read_record(folder.path()), core::ExitCode::kMissing, "metrics.json");
  core::write_file_atomic(folder / "metrics.json", "{\"format\": 99}");
  EXPECT_ERSATZ_ERROR(read_record(folder.path()), core::ExitCode::kUntrustedData, "format");
  core::write_file_atomic(folder / "metrics.json", "{\"format\": 1}");
  EXPECT_ERSATZ_ERROR(read_record(folder.path()), core::ExitCode::kUntrustedData, "experiment");
  for (const char* key : {"format", "card_version", "metrics"}) {
    core::Json broken = metrics_json(test::small_record());
    broken[key] = 1e300;
    core::write_json(folder / "metrics.json", broken);
    EXPECT_ERSATZ_ERROR(read_record(folder.path()), core::ExitCode::kUntrustedData, "");
    broken.erase(key);
    core::write_json(folder / "metrics.json", broken);
    EXPECT_ERSATZ_ERROR(read_record(folder.path()), core::ExitCode::kUntrustedData, key);
  }
  core::Json hostile = metrics_json(test::small_record());
  hostile["pictures"] = {{{"name", "../../outside"}, {"caption", ""}}};
  core::write_json(folder / "metrics.json", hostile);
  EXPECT_ERSATZ_ERROR(read_record(folder.path()), core::ExitCode::kUntrustedData, "../../outside");
  // Exports and results are named after them.
  for (const char* key : {"experiment", "profile"}) {
    for (const char* name : {"", ".", "..", ".hidden", "../outside", "/outside", "a/b", "a\\b"}) {
      hostile = metrics_json(test::small_record());
      hostile[key] = name;
      core::write_json(folder / "metrics.json", hostile);
      EXPECT_ERSATZ_ERROR(read_record(folder.path()), core::ExitCode::kUntrustedData,
                          std::string("the name '") + name + "'");
    }
  }
  hostile["experiment"] = "a..b";
  hostile["profile"] = "größe-1.5";
  core::write_json(folder / "metrics.json", hostile);
  EXPECT_EQ(read_record(folder.path()).profile, "größe-1.5");
}

TEST(RenderResults, RefusesAnotherExperimentsCard) {
  test::TemporaryFolder folder;
  const auto written = write_results(test::small_card(), test::small_record(), folder.path());
  core::Card other = test::small_card();
  other.id = "other";
  EXPECT_ERSATZ_ERROR(render_results(other, written.folder), core::ExitCode::kUsage, "'small'");
}

}  // namespace
}  // namespace ersatz::report
