// LaTeX that compiles: checked by pdflatex where it is installed, and by our own checker anyway.
#include <gtest/gtest.h>

#include "core/file_system.h"
#include "report/export/latex_checker.h"
#include "report/export/latex_document.h"
#include "report/export/run_export_fixture.h"
#include "report/latex.h"
#include "support/test_support.h"

namespace ersatz::report {
namespace {

namespace fs = std::filesystem;
using test::latex_problem;

TEST(LatexChecker, FindsWhatBreaksADocument) {
  EXPECT_EQ(latex_problem("50\\,\\% of $a_1$ {x} ä % comment # _\n"), "");
  EXPECT_EQ(latex_problem("\\begin{tabular}{lr}a & b \\\\\n\\multicolumn{2}{c}{x} \\\\\n"
                          "\\end{tabular}"),
            "");
  for (const char* text :
       {"a_b", "a & b", "#", "{", "}", "$x", "\\nonsense", "\\begin{table}", "\\end{table}",
        "\\begin{tabular}{lr}a \\\\\\end{tabular}", "\\begin{tabular}{l}a & b \\\\\\end{tabular}",
        "\\begin{tabular}{l}a \\\\\n  [b] \\\\\\end{tabular}",
        "\\begin{tabular}{l}a \\\\\n*b \\\\\\end{tabular}", "\\begin{tabular}{l}a\\end{figure}",
        "猫", "α", "\\", "x\\\\"}) {
    EXPECT_NE(latex_problem(text), "") << text;
  }
}

TEST(LatexEscape, EveryCharacterComesOutCompilable) {
  for (std::uint32_t code = 1; code < 0x3000; ++code) {
    std::string text;
    if (code < 0x80) {
      text = static_cast<char>(code);
    } else if (code < 0x800) {
      text = {static_cast<char>(0xC0U | code >> 6U), static_cast<char>(0x80U | (code & 0x3FU))};
    } else {
      text = {static_cast<char>(0xE0U | code >> 12U),
              static_cast<char>(0x80U | (code >> 6U & 0x3FU)),
              static_cast<char>(0x80U | (code & 0x3FU))};
    }
    const std::string row =
        "\\begin{tabular}{l}a \\\\\n" + latex_escape(text) + "x \\\\\n\\end{tabular}\n";
    EXPECT_EQ(latex_problem(row), "") << code;
  }
  EXPECT_EQ(latex_escape("猫 \xFF"), "{[}U+732B] {[}U+FFFD]");
  EXPECT_EQ(latex_escape("größe\nµ"), "größe µ");
  EXPECT_EQ(latex_escape("[a] *"), "{[}a] {*}");
}

// Fonts would draw "--" as a dash, "?`" as a Spanish question mark.
TEST(LatexEscape, SignsStayApart) {
  EXPECT_EQ(latex_escape("--keep-going --- -"), "-{}-keep-going -{}-{}- -");
  EXPECT_EQ(latex_escape("?` !` ,, `` '' ?! ,' -,"), "?{}` !{}` ,{}, `{}` '{}' ?! ,' -,");
  EXPECT_EQ(latex_escape("a–b —"), "a--b ---") << "dashes are made of them";
  EXPECT_EQ(latex_escape("–- ?‘ “‘"), "--{}- ?{}` ``{}`");
}

TEST(LatexDocument, HoldsVerdictsTablesAndMetrics) {
  test::TemporaryFolder folder;
  RunExport run = test::hard_run(folder / "source");
  const std::string table =
      "\\begin{table}[htbp]\n\\begin{tabular}{l}a \\\\\n\\end{tabular}\n\\end{table}\n";
  core::write_file_atomic(folder / "t.tex", table);
  run.notes.emplace_back("--keep-going: why?` ,,so'' <<or>> ``not`` –-");
  run.files.push_back({"results/tables/main.tex", folder / "t.tex"});
  fs::create_directories(folder / "out");
  write_latex_document({run}, folder / "out");
  const std::string name = "fr--chte-mini";
  const std::string main = core::read_file(folder / "out" / "main.tex");
  EXPECT_EQ(latex_problem(main), "");
  for (const char* part : {"claims", "table-main", "metrics"}) {
    EXPECT_NE(main.find("\\input{" + name + "/" + part + "}"), std::string::npos) << part;
    EXPECT_EQ(latex_problem(core::read_file(folder / "out" / name / (std::string(part) + ".tex"))),
              "")
        << part;
  }
  EXPECT_NE(main.find("State: INTERRUPTED. stopped by SIGINT"), std::string::npos);
  EXPECT_NE(main.find("Fewer steps: 50 \\% of them {[}really]."), std::string::npos);
  EXPECT_EQ(core::read_file(folder / "out" / name / "table-main.tex"), table);
  const std::string metrics = core::read_file(folder / "out" / name / "metrics.tex");
  EXPECT_NE(metrics.find("accuracy (\\%) & $92"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("error@5500 (\\%) & not run & & profile mini stops at 385 {[}images]"),
            std::string::npos)
      << metrics;
  const std::string claims = core::read_file(folder / "out" / name / "claims.tex");
  EXPECT_NE(claims.find("verdict & claim & effect & 95 \\% interval & reason"), std::string::npos);
  EXPECT_NE(claims.find(" & $-22.1$ \\% & $-23.5$ to $-20.5$ & holds at 2 of 2 points"),
            std::string::npos)
      << claims;
  EXPECT_NE(claims.find("not run & C $>$ D &  &  & no D"), std::string::npos) << claims;
  if (test::run_command("command -v pdflatex").exit_status != 0) return;
  // As its first line says: the first run leaves the heads of long tables shifted.
  EXPECT_EQ(main.rfind("% Twice: pdflatex main.tex && pdflatex main.tex\n", 0), 0U);
  for (const bool last : {false, true}) {
    const auto result =
        test::run_command("cd '" + (folder / "out").string() +
                          "' && pdflatex -interaction=nonstopmode -halt-on-error main.tex");
    EXPECT_EQ(result.exit_status, 0) << result.output;
    EXPECT_EQ(result.output.find("Rerun LaTeX") == std::string::npos, last) << result.output;
  }
}

// Those of papers that were run: what somebody really compiles.
TEST(LatexDocument, CommittedTablesAreSound) {
  const fs::path results = fs::path(ERSATZ_TEST_FIXTURES).parent_path().parent_path() / "results";
  int count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(results)) {
    if (entry.path().extension() != ".tex") continue;
    EXPECT_EQ(latex_problem(core::read_file(entry.path())), "") << entry.path();
    ++count;
  }
  EXPECT_GT(count, 5);
}

}  // namespace
}  // namespace ersatz::report
