#include "report/table.h"

#include <fmt/format.h>

#include <clocale>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "core/file_system.h"
#include "report/csv.h"
#include "report/latex.h"
#include "report/markdown.h"
#include "report/number_text.h"
#include "report/report_fixture.h"
#include "support/test_support.h"

namespace ersatz::report {
namespace {

Table sweep() {
  const core::Card card = test::small_card();
  return build_table(card.tables[0], card, test::small_metrics());
}

Table plain() {
  const core::Card card = test::small_card();
  return build_table(card.tables[1], card, test::small_metrics());
}

TEST(Markdown, SweepIsGolden) {
  EXPECT_EQ(to_markdown(sweep()), R"(**Error by N**

On 10\_000 images.

| N    | original, %  | paper | original+GAN, %          | paper |
| ---- | -----------: | ----: | -----------------------: | ----: |
| 55   | 24.00 ± 0.88 | 25    | 72.0 ± 1.9               | 70.5  |
| 385  | 6.50 ± 0.49  | 6.3   | 15.00 (14.31 to 15.71) † | 14.9  |
| 5500 | 1.50 ± 0.24  | 1.51  | not run [1]              | 3.9   |

±: half of the 95 % interval. (low to high): the 95 % interval where its halves differ. paper: the published number. †: one or two seeds, the interval holds only the test set's noise.

[1] not run: no GAN at this N
)");
}

TEST(Markdown, PlainIsGolden) {
  EXPECT_EQ(to_markdown(plain()), R"(**Summary**

|          | error, %     | paper | speed, images/s |
| -------- | -----------: | ----: | --------------: |
| original | 24.00 ± 0.88 | 25    | 8123 ‡          |
| GAN      | not run [1]  |       |                 |

±: half of the 95 % interval. paper: the published number. ‡: no interval: one or two seeds.

[1] not run: no GAN at this N
)");
}

TEST(Csv, SweepHasFullPrecision) {
  const std::string text = to_csv(sweep());
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "N,original % mean,original % sd,original % low,original % high,original % seeds,"
            "original % paper,original % status,original+GAN % mean,original+GAN % sd,"
            "original+GAN % low,original+GAN % high,original+GAN % seeds,original+GAN % paper,"
            "original+GAN % status");
  EXPECT_NE(text.find("\n5500,1.5,"), std::string::npos) << text;
  EXPECT_NE(text.find(",3,1.51,measured,,,,,,3.9,not run: no GAN at this N\n"), std::string::npos)
      << text;
}

TEST(Csv, QuotesWhatNeedsIt) {
  EXPECT_EQ(csv_field("plain"), "plain");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"no\""), "\"say \"\"no\"\"\"");
  EXPECT_EQ(csv_number(0.1), "0.1");
}

TEST(Latex, SweepIsGolden) {
  EXPECT_EQ(to_latex(sweep()), R"(% Needs \usepackage{booktabs}.
\begin{table}[htbp]
  \centering
  \caption{Error by N. On 10\_000 images.}
  \label{tab:sweep}
  \small\setlength{\tabcolsep}{4pt}
  \begin{tabular}{lrrrr}
    \toprule
     & \multicolumn{2}{c}{original (\%)} & \multicolumn{2}{c}{original+GAN (\%)} \\
    \cmidrule(lr){2-3}\cmidrule(lr){4-5}
    N & ours & paper & ours & paper \\
    \midrule
    55 & $24.00 \pm 0.88$ & 25 & $72.0 \pm 1.9$ & 70.5 \\
    385 & $6.50 \pm 0.49$ & 6.3 & $15.00$ ($14.31$ to $15.71$)\textsuperscript{$\dagger$} & 14.9 \\
    5500 & $1.50 \pm 0.24$ & 1.51 & not run\textsuperscript{1} & 3.9 \\
    \bottomrule
  \end{tabular}

  \par\smallskip{\footnotesize $\pm$: half of the 95 \% interval. (low to high): the 95 \% interval where its halves differ. paper: the published number. $\dagger$: one or two seeds, the interval holds only the test set's noise. \textsuperscript{1}Not run: no GAN at this N.\par}
\end{table}
)");
}

TEST(Latex, EscapesEverySpecialCharacter) {
  EXPECT_EQ(latex_escape(R"(a_b & 50 % #1 {x} $ ~ ^ \ < > ± ≥ −)"),
            R"(a\_b \& 50 \% \#1 \{x\} \$ \textasciitilde{} \textasciicircum{} \textbackslash{} )"
            R"($<$ $>$ $\pm$ $\geq$ $-$)");
}

TEST(Latex, Compiles) {
  if (test::run_command("command -v pdflatex").exit_status != 0) {
    GTEST_SKIP() << "pdflatex is not installed";
  }
  test::TemporaryFolder folder;
  core::write_file_atomic(folder / "t.tex",
                          "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n" +
                              to_latex(sweep()) + to_latex(plain()) + "\\end{document}\n");
  const auto result =
      test::run_command("cd '" + folder.path().string() +
                        "' && pdflatex -interaction=nonstopmode -halt-on-error t.tex");
  EXPECT_EQ(result.exit_status, 0) << result.output;
}

TEST(Table, AMissingMetricIsNotFilledInFromThePaper) {
  const core::Card card = test::small_card();
  const Table table = build_table(card.tables[0], card, core::MetricTable());
  ASSERT_EQ(table.rows.size(), 3U) << "the published points are listed all the same";
  EXPECT_FALSE(table.rows[0].cells[0].measured);
  EXPECT_EQ(table.rows[0].cells[0].not_run, "this profile does not compute it");
  EXPECT_EQ(to_markdown(table).find("25 ±"), std::string::npos);
}

TEST(Table, SaysWhatIsKnownOfWhatIsNotThere) {
  const core::Card card = test::small_card();
  core::MetricTable metrics;
  metrics.add("original.error", 55, 1, 24, "%", 10000);
  Table table = build_table(card.tables[0], card, metrics, card.version);
  EXPECT_EQ(table.rows[1].cells[0].not_run, "this profile does not compute this point");
  EXPECT_EQ(table.rows[1].cells[1].not_run, "this profile does not compute it");
  // The card has changed since: it may not have asked for them then.
  table = build_table(card.tables[0], card, metrics, card.version - 1);
  EXPECT_EQ(table.rows[1].cells[0].not_run, "this profile does not compute this point");
  EXPECT_EQ(table.rows[1].cells[1].not_run,
            "not among these results, which were made with version 1 of the card; it is at version "
            "2 now");
}

TEST(Table, ListedPointsAreTheOnlyRows) {
  core::Card card = test::small_card();
  card.tables[0].points = {385};
  const Table table = build_table(card.tables[0], card, test::small_metrics());
  ASSERT_EQ(table.rows.size(), 1U);
  EXPECT_EQ(table.rows[0].label, "385");
}

TEST(NumberText, DecimalsFollowTheUncertainty) {
  EXPECT_EQ(decimals_for(0.12), 2);
  EXPECT_EQ(decimals_for(3.4), 1);
  EXPECT_EQ(decimals_for(12), 0);
  EXPECT_EQ(decimals_for(120), 0);
  EXPECT_EQ(decimals_for(0.00001), 4);
  EXPECT_EQ(decimals_for(5e-324), 4);
  EXPECT_EQ(decimals_for(INFINITY), 0);
  EXPECT_EQ(plain_number(0.6), "0.6");
  EXPECT_EQ(display_width("1.5 ± 0.2"), 9U);
}

// A locale that writes 0,5 for a half, made here where glibc has its sources (package locales).
TEST(NumberText, IgnoresTheLocale) {
  const test::TemporaryFolder locales;
  const test::CommandResult made = test::run_command(
      fmt::format("localedef -i de_DE -f UTF-8 '{}'", (locales / "de_DE.UTF-8").string()));
  setenv("LOCPATH", locales.path().c_str(), 1);
  const char* locale = std::setlocale(LC_ALL, "de_DE.UTF-8");
  unsetenv("LOCPATH");
  if (locale == nullptr) GTEST_SKIP() << "localedef cannot make de_DE.UTF-8: " << made.errors;
  char half[8];
  std::snprintf(half, sizeof half, "%.1f", 0.5);
  const std::string text = to_csv(sweep()) + to_markdown(sweep());
  std::setlocale(LC_ALL, "C");
  EXPECT_STREQ(half, "0,5");
  EXPECT_EQ(text, to_csv(sweep()) + to_markdown(sweep()));
}

}  // namespace
}  // namespace ersatz::report
