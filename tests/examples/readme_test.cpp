// README.md and docs/: verdicts as committed, links that lead somewhere.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/file_system.h"
#include "core/json.h"
#include "support/test_support.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using core::Json;

fs::path root() { return fs::path(ERSATZ_TEST_FIXTURES).parent_path().parent_path(); }

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream parts(line);
  for (std::string cell; std::getline(parts, cell, '|');) {
    const std::size_t begin = cell.find_first_not_of(' ');
    cells.push_back(begin == std::string::npos
                        ? ""
                        : cell.substr(begin, cell.find_last_not_of(' ') + 1 - begin));
  }
  return cells;
}

TEST(Readme, CountsTheCommittedVerdicts) {
  // | experiment | [profile](results/<id>/<profile>/report.md) | cost | reproduced | not |
  // inconclusive | not run |
  const std::regex link(R"(\[\w+\]\(results/(\w+)/(\w+)/report\.md\))");
  std::istringstream lines(core::read_file(root() / "README.md"));
  std::set<std::string> shown;
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (!std::regex_search(line, match, link)) continue;
    const std::vector<std::string> cells = cells_of(line);
    ASSERT_EQ(cells.size(), 8U) << line;
    const std::string name = fmt::format("{}/{}", match[1].str(), match[2].str());
    shown.insert(name);
    std::map<std::string, int> count;
    const Json verdicts = core::read_json(root() / "results" / name / "verdicts.json");
    for (const Json& verdict : verdicts.at("claims")) {
      ++count[verdict.at("status").get<std::string>()];
    }
    const std::vector<std::string> wanted = {
        std::to_string(count["reproduced"]), std::to_string(count["not reproduced"]),
        std::to_string(count["inconclusive"]), std::to_string(count["not run"])};
    EXPECT_EQ(std::vector<std::string>(cells.begin() + 4, cells.end()), wanted) << name;
  }
  EXPECT_GE(shown.size(), 9U);
}

// Headings as links name them: small letters, '-' for spaces, nothing else but letters and digits.
std::set<std::string> anchors_of(const std::string& text) {
  std::set<std::string> anchors;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] != '#') continue;
    std::string anchor;
    for (const char c : line.substr(std::min(line.find_first_not_of("# "), line.size()))) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == ' ') anchor += '-';
      if (std::isalnum(byte) != 0 || c == '-' || c == '_' || byte >= 0x80) {
        anchor += static_cast<char>(std::tolower(byte));
      }
    }
    anchors.insert(anchor);
  }
  return anchors;
}

TEST(Documents, LinksLeadSomewhere) {
  std::vector<fs::path> pages;
  for (const char* file : {"README.md", "CONTRIBUTING.md", "CHANGELOG.md"}) {
    pages.push_back(root() / file);
  }
  for (const char* folder : {"docs", "experiments", "assets", "results"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root() / folder)) {
      if (entry.path().extension() == ".md") pages.push_back(entry.path());
    }
  }
  const std::regex link(R"(\]\(([^)\s]+)\))");
  std::size_t links = 0;
  for (const fs::path& page : pages) {
    const std::string text = core::read_file(page);
    for (auto match = std::sregex_iterator(text.begin(), text.end(), link);
         match != std::sregex_iterator(); ++match) {
      const std::string target = (*match)[1].str();
      if (target.find("://") != std::string::npos) continue;
      const std::size_t mark = std::min(target.find('#'), target.size());
      const fs::path file =
          mark == 0 ? page : page.parent_path() / fs::path(target.substr(0, mark));
      ++links;
      if (!fs::exists(file)) {
        ADD_FAILURE() << page << " links to " << target;
        continue;
      }
      if (mark + 1 < target.size() && file.extension() == ".md") {
        EXPECT_EQ(anchors_of(core::read_file(file)).count(target.substr(mark + 1)), 1U)
            << page << " links to " << target;
      }
    }
  }
  EXPECT_GT(links, 100U);
}

}  // namespace
}  // namespace ersatz::test
