// results/index.html as a browser lays it out. Skipped where there is no Chromium.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "core/file_system.h"
#include "report/html/index_page.h"
#include "report/report_fixture.h"
#include "support/test_support.h"

namespace ersatz::report {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

fs::path committed_page() {
  return fs::path(ERSATZ_TEST_FIXTURES).parent_path().parent_path() / "results/index.html";
}

class Browser : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"chromium", "chromium-browser", "google-chrome"}) {
      if (test::run_command(fmt::format("command -v {}", name)).exit_status == 0) {
        program_ = name;
        return;
      }
    }
    GTEST_SKIP() << "there is no Chromium on this machine";
  }

  // Standard output, and in `errors` what the page wrote to its console.
  test::CommandResult browse(const std::string& options, const fs::path& page) const {
    return test::run_command(fmt::format(
        "HOME='{0}' timeout 60 {1} --headless --no-sandbox --disable-gpu "
        "--user-data-dir='{0}/user' "
        "--allow-file-access-from-files --virtual-time-budget=8000 --enable-logging=stderr "
        "--force-color-profile=srgb {2} 'file://{3}'",
        folder_.path().string(), program_, options, page.string()));
  }

  // Lays `page` out in a frame of some width and height, runs `probe`, which sees its document as
  // `page`, and returns what it says.
  std::string ask(const fs::path& page, int width, int height, const std::string& probe) const {
    core::write_file_atomic(
        folder_ / "frame.html",
        fmt::format("<!DOCTYPE html><iframe src=\"file://{}\" style=\"border:0;"
                    "width:{}px;height:{}px\"></iframe><script>document.querySelector("
                    "'iframe').onload = event => {{ const page = "
                    "event.target.contentDocument; document.title = '<' + ({}) + '>' "
                    "}};</script>",
                    page.string(), width, height, probe));
    const test::CommandResult result = browse("--dump-dom", folder_ / "frame.html");
    EXPECT_EQ(result.exit_status, 0) << result.errors;
    EXPECT_THAT(result.errors, Not(HasSubstr("CONSOLE"))) << result.errors;
    const std::size_t begin = result.output.find("<title>&lt;"),
                      end = result.output.find("&gt;</title>");
    if (begin == std::string::npos || end == std::string::npos) return "no answer";
    return result.output.substr(begin + 11, end - begin - 11);
  }

  test::TemporaryFolder folder_;
  std::string program_;
};

constexpr const char* kOverflow =
    "page.documentElement.scrollWidth - page.documentElement.clientWidth";

TEST_F(Browser, NothingSticksOutAtTheWidthOfAPhoneOrOfADesk) {
  for (const int width : {360, 390, 768, 1280}) {
    EXPECT_EQ(ask(committed_page(), width, 844, kOverflow), "0") << width;
  }
  core::write_file_atomic(folder_ / "wide.html",
                          "<!DOCTYPE html><p style=\"width:600px\">wide</p>");
  EXPECT_NE(ask(folder_ / "wide.html", 390, 844, kOverflow), "0");
}

TEST_F(Browser, PicturesAndLinksWork) {
  EXPECT_EQ(ask(committed_page(), 1280, 844,
                "[...page.images].filter(image => image.naturalWidth == 0).length"),
            "0");
  EXPECT_EQ(ask(committed_page(), 1280, 844,
                "[...page.links].filter(link => link.getAttribute('href')[0] == '#' && "
                "!page.getElementById(decodeURIComponent(link.hash.slice(1)))).length"),
            "0");
  // Enough of them to mean something.
  EXPECT_GT(std::stoi(ask(committed_page(), 1280, 844, "page.images.length")), 10);
  EXPECT_GT(std::stoi(ask(committed_page(), 1280, 844, "page.links.length")), 50);
}

// A page with an error shows that one would be seen.
TEST_F(Browser, TheConsoleStaysEmpty) {
  EXPECT_THAT(browse("--dump-dom", committed_page()).errors, Not(HasSubstr("CONSOLE")));
  core::write_file_atomic(folder_ / "bad.html",
                          "<!DOCTYPE html><script>console.error('a mistake')</script>");
  EXPECT_THAT(browse("--dump-dom", folder_ / "bad.html").errors, HasSubstr("a mistake"));
}

TEST_F(Browser, LightAndDarkDiffer) {
  const auto background = [&](const char* options) {
    const fs::path file = folder_ / "picture.png";
    fs::remove(file);
    browse(fmt::format("{} --window-size=600,400 --screenshot='{}'", options, file.string()),
           committed_page());
    return core::read_file(file);
  };
  EXPECT_NE(background(""),
            background("--force-dark-mode --blink-settings=preferredColorScheme=0"));
}

// Details that are closed on the screen are open on paper.
TEST_F(Browser, PrintedItHasTheProvenance) {
  if (test::run_command("command -v pdftotext").exit_status != 0) {
    GTEST_SKIP() << "there is no pdftotext on this machine";
  }
  const fs::path file = folder_ / "page.pdf";
  browse(fmt::format("--print-to-pdf='{}'", file.string()), committed_page());
  const std::string text =
      test::run_command(fmt::format("pdftotext -layout '{}' -", file.string())).output;
  EXPECT_THAT(text, HasSubstr("Which claims about synthetic training images hold?"));
  for (const char* hidden : {"peak memory", "config sha256", "compiler", "version 1, "}) {
    EXPECT_TRUE(text.find(hidden) != std::string::npos) << hidden;
  }
}

// On paper nothing can be moved sideways: what is too wide would be cut off.
TEST_F(Browser, PrintedTablesOfManyColumnsAreWhole) {
  if (test::run_command("command -v pdftotext").exit_status != 0) {
    GTEST_SKIP() << "there is no pdftotext on this machine";
  }
  core::Card card = test::small_card();
  ResultRecord record = test::small_record();
  record.provenance["ersatz"] = {{"flags", std::string(400, 'f') + "end-of-flags"}};
  core::TableSpec spec;
  spec.id = "confusion";
  spec.title = "Confusion";
  core::TableRow row{"longsleeve", {}, {}};
  for (int i = 0; i < 14; ++i) {
    const std::string name = fmt::format("column{}", i);
    spec.headers.push_back(fmt::format("class{}", i));
    row.cells.push_back(name);
    record.metrics.add(name, std::nullopt, 1, 38, "%", 3000 + 100 * i);
  }
  spec.rows = {row};
  card.tables.push_back(spec);
  html::ProfileResults shown;
  shown.record = record;
  shown.interpretation = interpret(card, record);
  html::ExperimentResults experiment;
  experiment.card = card;
  experiment.profiles = {shown};
  core::write_file_atomic(folder_ / "wide.html", html::index_page({experiment}));
  const fs::path file = folder_ / "wide.pdf";
  browse(fmt::format("--print-to-pdf='{}'", file.string()), folder_ / "wide.html");
  // Words beyond the edge of the paper are not in the file; those that it cuts end behind it.
  const std::string boxes =
      test::run_command(fmt::format("pdftotext -bbox '{}' -", file.string())).output;
  EXPECT_TRUE(boxes.find(">class13,<") != std::string::npos);
  double width = 0, last = 0;
  std::istringstream lines(boxes);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t page = line.find("<page width=\""), word = line.find("xMax=\"");
    if (page != std::string::npos) width = std::stod(line.substr(page + 13));
    if (word != std::string::npos) last = std::max(last, std::stod(line.substr(word + 6)));
  }
  EXPECT_GT(width, 500);
  EXPECT_LT(last, width - 15) << "points; the margin begins before";
}

}  // namespace
}  // namespace ersatz::report
