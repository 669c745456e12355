// How values, their intervals and what must be known of them are written.
#include <gmock/gmock.h>

#include "core/metrics.h"
#include "report/compare.h"
#include "report/csv.h"
#include "report/latex.h"
#include "report/markdown.h"
#include "report/number_text.h"
#include "report/report_fixture.h"
#include "support/test_support.h"

namespace ersatz::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string shown(double mean, double low, double high) {
  evaluate::Summary summary;
  summary.mean = mean;
  summary.n = 5;
  summary.interval = evaluate::Interval{low, high};
  const MeasuredText text = measured_text(summary);
  return text.mean + text.interval();
}

TEST(MeasuredText, HalvesThatDifferAreNotWrittenAsOne) {
  EXPECT_EQ(shown(100, 96.8, 100), "100.0 (96.8 to 100.0)");
  EXPECT_EQ(shown(0.60, 0.275, 1.303), "0.60 (0.28 to 1.30)");
  EXPECT_EQ(shown(100, 86.2, 100), "100.0 (86.2 to 100.0)");
  EXPECT_EQ(shown(0, 0, 79.3), "0 (0 to 79)");
  // Wilson's interval, moved towards a half by less than is printed.
  EXPECT_EQ(shown(22.6, 21.452, 23.780), "22.6 (21.5 to 23.8)");
  EXPECT_EQ(shown(22.6, 21.44, 23.77), "22.6 ± 1.2");
}

TEST(MeasuredText, EqualHalvesAre) {
  EXPECT_EQ(shown(24, 23.12, 24.88), "24.00 ± 0.88");
  EXPECT_EQ(shown(-1.25, -1.25 - 0.35, -1.25 + 0.35), "-1.25 ± 0.35");
  // Between two roundings the last bit decides: it is the same interval.
  for (int i = 1; i < 400; ++i) {
    const double mean = 0.005 * i;
    EXPECT_THAT(shown(mean, mean - 0.37, mean + 0.37), HasSubstr(" ± 0.37")) << mean;
  }
}

TEST(MeasuredText, ZeroHasNoSign) { EXPECT_EQ(shown(0.2, -0.001, 0.9), "0.20 (0.00 to 0.90)"); }

TEST(MeasuredText, NoWidthIsNoInterval) {
  EXPECT_EQ(shown(1.6367471, 1.6367471, 1.6367471), "1.637");
  EXPECT_EQ(shown(0.1, 0.1 - 1e-17, 0.1 + 1e-17), "0.1") << "the rounding of a mean is no spread";
}

TEST(RoundedNumber, HasFourSignificantDigits) {
  EXPECT_EQ(rounded_number(163.04841439838836), "163");
  EXPECT_EQ(rounded_number(3.767578125), "3.768");
  EXPECT_EQ(rounded_number(16870.403806909915), "16870");
  EXPECT_EQ(rounded_number(0.00123456), "0.001235");
}

// A table of one column and a row for each metric.
Table table_of(const core::MetricTable& metrics) {
  core::TableSpec spec;
  spec.id = "values";
  spec.title = "Values";
  spec.headers = {"value"};
  for (const core::Metric& metric : metrics.all()) {
    spec.rows.push_back({metric.id, {metric.address()}, {}});
  }
  return build_table(spec, test::small_card(), metrics);
}

TEST(Caveats, EveryKindHasItsMark) {
  core::MetricTable metrics;
  metrics.add("share", std::nullopt, 1, 100, "%", 24);
  metrics.add("distance", std::nullopt, 1, 34.916, "");
  for (const std::int64_t seed : {1, 2, 3, 4, 5}) {
    metrics.add("diversity", std::nullopt, seed, 1.6367471770599822, "");
    metrics.add("loss", std::nullopt, seed, 1.5 + 0.1 * static_cast<double>(seed), "");
  }
  const Table table = table_of(metrics);
  EXPECT_EQ(table.rows[0].cells[0].caveat(), Caveat::kTestSetOnly);
  const std::string text = to_markdown(table);
  for (const char* line :
       {"| 100.0 (86.2 to 100.0) † |", "| 34.92 ‡ ", "| 1.637 § ", "| 1.80 ± 0.20 ",
        "±: half of the 95 % interval. (low to high): the 95 % interval where its halves differ.",
        "†: one or two seeds, the interval holds only the test set's noise.",
        "‡: no interval: one or two seeds.",
        "§: no interval: all seeds gave one and the same value."}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  const std::string latex = to_latex(table);
  for (const char* line : {"$100.0$ ($86.2$ to $100.0$)\\textsuperscript{$\\dagger$}",
                           "$34.92$\\textsuperscript{$\\ddagger$}", "$1.637$\\textsuperscript{§}",
                           "$1.80 \\pm 0.20$ ", "$\\ddagger$: no interval: one or two seeds."}) {
    EXPECT_THAT(latex, HasSubstr(line));
  }
  // Bounds where there are any.
  EXPECT_THAT(to_csv(table), HasSubstr(",,,5,measured\nloss,1.8,"));
}

TEST(Caveats, MarksThatAreNotThereAreNotExplained) {
  core::MetricTable metrics;
  metrics.add("share", std::nullopt, 1, 50, "%", 1000);
  EXPECT_EQ(table_of(metrics).legend(),
            (std::vector<std::string>{
                "±: half of the 95 % interval.",
                "†: one or two seeds, the interval holds only the test set's noise."}));
  EXPECT_TRUE(table_of({}).legend().empty());
}

TEST(Caveats, NumbersOfThingsCarryNone) {
  core::MetricTable counts;
  counts.add("objects", std::nullopt, 1, 355, "");
  counts.add("large_objects", std::nullopt, 1, 0, "");
  EXPECT_THAT(to_markdown(table_of(counts)), Not(HasSubstr("‡")));
  // A share may be 1 and a percentage whole; a value with a fraction makes a column of measures.
  for (const auto& [value, unit] : {std::pair<double, const char*>{1, ""}, {355, "%"}, {2.5, ""}}) {
    core::MetricTable measures;
    if (value == 2.5) measures.add("objects", std::nullopt, 1, 355, "");
    measures.add("measure", std::nullopt, 1, value, unit);
    EXPECT_THAT(to_markdown(table_of(measures)), HasSubstr("‡: no interval")) << value;
  }
}

TEST(Caveats, ComparisonsKnowThemToo) {
  core::MetricTable metrics;
  for (const std::int64_t seed : {1, 2, 3}) metrics.add("same", std::nullopt, seed, 1.5, "");
  metrics.add("share", std::nullopt, 1, 100, "%", 24);
  const std::string text = comparison_text(compare_metrics(metrics, metrics), "a", "b");
  EXPECT_THAT(text, HasSubstr("100.0 (86.2 to 100.0)"));
  EXPECT_THAT(text, Not(HasSubstr("±")));
}

TEST(Latex, TablesOfManyColumnsAreSetSmaller) {
  core::TableSpec spec;
  spec.id = "wide";
  core::MetricTable metrics;
  core::TableRow row{"a row", {}, {}};
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}) {
    metrics.add(name, std::nullopt, 1, 1.3, "%", 300);
    row.cells.emplace_back(name);
    spec.headers.emplace_back(name);
  }
  spec.rows = {row};
  EXPECT_THAT(to_latex(build_table(spec, test::small_card(), metrics)), HasSubstr("\n  \\tiny"));
  spec.headers.resize(2);
  spec.rows[0].cells.resize(2);
  EXPECT_THAT(to_latex(build_table(spec, test::small_card(), metrics)), HasSubstr("\n  \\small"));
}

}  // namespace
}  // namespace ersatz::report
