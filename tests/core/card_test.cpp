#include "core/card.h"

#include <fmt/format.h>

#include "core/card_validation.h"
#include "core/file_system.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHead = R"(id = "toy"
title = "A toy"
summary = "For tests."
version = 1
datasets = ["digits"]
[citation]
authors = ["A. Author"]
title = "Toys"
year = 2018
bibtex = "@misc{toys}"
[[changelog]]
version = 1
date = "2026-11-20"
text = "First."
)";

// A card with `more` after a valid head of 14 lines.
class CardTest : public ::testing::Test {
 protected:
  CardTest() {
    write_file_atomic(folder_ / "toy/README.md", "toy");
    write_file_atomic(folder_ / "toy/profiles/mini.toml", "");
    write_file_atomic(folder_ / "manifests/digits.toml", "");
  }
  Card load(const std::string& more, const std::string& head = kHead) {
    write_file_atomic(folder_ / "toy/experiment.toml", head + more);
    return load_card(folder_ / "toy");
  }
  std::vector<std::string> validate(const std::string& more, const std::string& head = kHead) {
    return validate_card(load(more, head), folder_ / "toy", folder_ / "manifests");
  }
  // Expects an error of form at `line` with `text`.
  void expect_error(const std::string& more, int line, const std::string& text) {
    EXPECT_ERSATZ_ERROR(load(more), ExitCode::kUsage, fmt::format("experiment.toml:{}: ", line));
    EXPECT_ERSATZ_ERROR(load(more), ExitCode::kUsage, text);
  }
  // Expects exactly one problem of content.
  void expect_problem(const std::string& more, int line, const std::string& text) {
    const auto problems = validate(more);
    ASSERT_EQ(problems.size(), 1U) << fmt::format("{}", fmt::join(problems, "\n"));
    EXPECT_NE(problems[0].find(fmt::format("experiment.toml:{}: ", line)), std::string::npos)
        << problems[0];
    EXPECT_NE(problems[0].find(text), std::string::npos) << problems[0];
  }
  test::TemporaryFolder folder_;
};

std::string claim(const std::string& rest) {
  return "[[claim]]\nid = \"c\"\nstatement = \"S.\"\nsource = \"p. 1\"\n" + rest;
}

TEST_F(CardTest, ReadsEverySection) {
  const Card card = load(
      R"(
[[published]]
id = "a.error"
unit = "%"
x = [55, 385.0]
y = [25, 6.3]
source = "table 1"
confidence = "M"
[[published]]
id = "b.value"
value = 7
source = "text"
confidence = "H"
[[table]]
id = "t"
title = "T"
points = "all"
point_label = "N"
columns = [{ metric = "a.error", label = "a", published = "a.error" }]
[[table]]
id = "p"
title = "P"
headers = ["error", "speed"]
rows = [{ label = "a", cells = ["a.error@55", ""], published = [25, nan] }]
[[figure]]
id = "f"
title = "F"
x_label = "N"
y_label = "%"
x_scale = "log"
y_range = [0, 1]
series = [{ metric = "a.error", label = "a", color = "blue", style = "dashed" }]
[[expected]]
profile = "mini"
metric = "a.error@55"
value = 25
rel_tol = 0.1
abs_tol = 1
paper = 24
paper_tol = 2
direction = "lower"
kind = "info"
seeds = 3
)" + claim(
          "kind = \"crossover\"\nleft = \"a.error\"\nright = \"b.value\"\nat = [55, 385]\n"
          "from = 385\nside = \"below\"\nbetter = \"higher\"\nmargin = 1\nexpected = \"fails\"\n"));
  EXPECT_EQ(card.citation.authors, std::vector<std::string>{"A. Author"});
  EXPECT_EQ(card.published[0].at(385), 6.3);
  EXPECT_FALSE(card.published[0].at(56));
  EXPECT_FALSE(card.published[0].at(std::nullopt));
  EXPECT_EQ(card.published[1].at(std::nullopt), 7);
  EXPECT_EQ(card.published[0].confidence, Confidence::kMedium);
  EXPECT_TRUE(card.tables[0].is_sweep());
  EXPECT_FALSE(card.tables[1].is_sweep());
  EXPECT_EQ(card.tables[1].rows[0].published[0], 25);
  EXPECT_FALSE(card.tables[1].rows[0].published[1]);
  EXPECT_TRUE(card.figures[0].x_log);
  EXPECT_FALSE(card.figures[0].y_log);
  EXPECT_EQ(card.figures[0].y_range, (std::vector<double>{0, 1}));
  EXPECT_EQ(card.figures[0].series[0].style, "dashed");
  const Expectation& expected = card.expected[0];
  EXPECT_DOUBLE_EQ(expected.tolerance(), 2.5);
  EXPECT_EQ(expected.direction, Direction::kLowerIsBetter);
  EXPECT_FALSE(expected.gates);
  const Claim& c = card.claims[0];
  EXPECT_EQ(c.kind, ClaimKind::kCrossover);
  EXPECT_FALSE(c.better_from);
  EXPECT_FALSE(c.lower_is_better);
  EXPECT_FALSE(c.expected_holds);
  EXPECT_EQ(c.margin, 1);
}

TEST_F(CardTest, AMinimalCardIsSound) { EXPECT_TRUE(validate("").empty()); }

TEST_F(CardTest, NoCardIsMissing) {
  EXPECT_ERSATZ_ERROR(load_card(folder_ / "nowhere"), ExitCode::kMissing, "experiment.toml");
}

TEST_F(CardTest, MistakesOfFormNameTheLine) {
  expect_error("title =\n", 15, "");
  expect_error("[[claims]]\nid = \"c\"\n", 15, "did you mean 'claim'?");
  expect_error("[[published]]\nid = \"a\"\nsuorce = \"x\"\n", 17, "did you mean 'source'?");
  expect_error("[[published]]\nid = \"a\"\nsource = \"x\"\nconfidence = \"X\"\n", 18, "H, M, L");
  expect_error(
      "[[published]]\nid = \"a\"\nsource = \"x\"\nconfidence = \"H\"\nx = [1]\n"
      "y = [1, 2]\n",
      20, "2 values for 1 points");
  expect_error(
      "[[published]]\nid = \"a\"\nsource = \"x\"\nconfidence = \"H\"\nx = [2, 1]\n"
      "y = [1, 2]\n",
      19, "ascending");
  expect_error(
      "[[published]]\nid = \"a\"\nsource = \"x\"\nconfidence = \"H\"\nx = [inf]\n"
      "y = [1]\n",
      19, "finite");
  expect_error("[[published]]\nid = \"a\"\nsource = \"x\"\nconfidence = \"H\"\n", 15, "'x'");
  expect_error("[[table]]\nid = \"t\"\ntitle = \"T\"\n", 15, "'rows'");
  expect_error(
      "[[table]]\nid = \"t\"\ntitle = \"T\"\nheaders = [\"a\"]\n"
      "rows = [{ label = \"r\", cells = [] }]\n",
      19, "0 entries for 1 headers");
  expect_error("[[figure]]\nid = \"f\"\ntitle = 3\n", 17, "must be a string");
  expect_error("[[expected]]\nprofile = \"mini\"\nmetric = \"a\"\nvalue = 1\n", 15, "abs_tol");
  expect_error("[[expected]]\nprofile = \"mini\"\nmetric = \"a\"\nvalue = 1\nabs_tol = -1\n", 19,
               "negative");
  expect_error(
      "[[expected]]\nprofile = \"mini\"\nmetric = \"a\"\nvalue = 1\nabs_tol = 1\n"
      "paper = 3\n",
      20, "paper_tol");
}

TEST_F(CardTest, MistakesInClaimsNameTheLine) {
  expect_error(claim("kind = \"les\"\n"), 19, "did you mean 'less'?");
  expect_error(claim("kind = \"less\"\nlow = 3\n"), 20, "unknown key 'low'");
  expect_error(claim("kind = \"less\"\nleft = \"a\"\n"), 15, "'right' is missing");
  expect_error(claim("kind = \"trend\"\nmetric = \"a\"\ndirection = \"rises\"\n"), 15,
               "a trend needs points");
  expect_error(claim("kind = \"between\"\nmetric = \"a\"\nlow = 3\nhigh = 2\n"), 21,
               "above 'high'");
  expect_error(claim("kind = \"less\"\nleft = \"a\"\nright = \"b\"\nat = \"every\"\n"), 22, "all");
}

TEST_F(CardTest, TheCitationIsRequired) {
  EXPECT_ERSATZ_ERROR(load("", "id = \"toy\"\ntitle = \"T\"\nsummary = \"S\"\nversion = 1\n"),
                      ExitCode::kUsage, "'citation' is missing");
}

TEST_F(CardTest, ProblemsOfContentNameTheLine) {
  expect_problem(claim("kind = \"less\"\nleft = \"A b\"\nright = \"b\"\n"), 15, "'A b'");
  expect_problem(claim("kind = \"less\"\nleft = \"a@5\"\nright = \"b\"\nat = [5]\n"), 15,
                 "without @point");
  expect_problem(claim("kind = \"less\"\nleft = \"a\"\nright = \"a\"\n"), 15, "with itself");
  expect_problem(claim("kind = \"less\"\nleft = \"a\"\nright = \"b\"\nat = [5, 5]\n"), 15, "twice");
  expect_problem(claim("kind = \"less\"\nleft = \"a\"\nright = \"b\"\nquantifier = \"any\"\n"), 15,
                 "no meaning without 'at'");
  expect_problem(
      claim("kind = \"crossover\"\nleft = \"a\"\nright = \"b\"\nat = [1, 2]\nfrom = 5\n"), 15,
      "no points on one side");
  expect_problem(claim("kind = \"trend\"\nmetric = \"a\"\nat = [1, 2]\ndirection = \"rises\"\n"),
                 15, "at least 3 points");
  const std::string less = "kind = \"less\"\nleft = \"a\"\nright = \"b\"\n";
  expect_problem(claim(less) + claim(less), 22, "already on line 15");
  expect_problem("[[expected]]\nprofile = \"mni\"\nmetric = \"a\"\nvalue = 1\nabs_tol = 1\n", 15,
                 "did you mean 'mini'?");
  expect_problem(
      "[[figure]]\nid = \"f\"\ntitle = \"F\"\nx_label = \"x\"\ny_label = \"y\"\n"
      "series = [{ metric = \"a\", label = \"a\", published = \"a.eror\" }]\n"
      "[[published]]\nid = \"a.error\"\nvalue = 1\nsource = \"s\"\nconfidence = \"H\"\n",
      15, "did you mean 'a.error'?");
  expect_problem(
      "[[table]]\nid = \"../t\"\ntitle = \"T\"\nheaders = [\"a\"]\n"
      "rows = [{ label = \"r\", cells = [\"a\"] }]\n",
      15, "cannot be a file name");
  expect_problem("[[changelog]]\nversion = 1\ndate = \"2026-11-21\"\ntext = \"Again.\"\n", 15,
                 "described twice");
  expect_problem("[[changelog]]\nversion = 0\ndate = \"20 Nov\"\ntext = \"Early.\"\n", 15,
                 "not YYYY-MM-DD");
}

TEST_F(CardTest, ProblemsWithOtherFilesAreFound) {
  std::string head = kHead;
  head.replace(head.find("digits"), 6, "digit");
  auto problems = validate("", head);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].find(":5: no manifest for dataset 'digit', did you mean 'digits'?"),
            std::string::npos)
      << problems[0];
  head = kHead;
  head.replace(head.find("version = 1"), 11, "version = 2");
  problems = validate("", head);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].find(":4: version 2 has no [[changelog]] entry"), std::string::npos)
      << problems[0];
  head = kHead;
  head.replace(head.find("toy"), 3, "toi");
  fs::remove(folder_ / "toy/README.md");
  problems = validate("", head);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_NE(problems[0].find(":1: id 'toi' differs from the folder name 'toy'"), std::string::npos);
  EXPECT_NE(problems[1].find("README.md"), std::string::npos);
}

}  // namespace
}  // namespace ersatz::core
