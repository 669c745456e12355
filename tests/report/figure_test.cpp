#include "report/figure.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/file_system.h"
#include "report/axis.h"
#include "report/figure_script.h"
#include "report/gnuplot.h"
#include "report/palette.h"
#include "report/report_fixture.h"
#include "report/script_text.h"
#include "support/test_support.h"

namespace ersatz::report {
namespace {

Figure small_figure() {
  const core::Card card = test::small_card();
  return build_figure(card.figures[0], card, test::small_metrics());
}

bool gnuplot_is_here() { return test::run_command("command -v gnuplot").exit_status == 0; }

GnuplotOutcome draw(const std::filesystem::path& folder, const Figure& figure) {
  core::write_file_atomic(folder / (figure.id + ".csv"), figure_csv(figure));
  core::write_file_atomic(folder / (figure.id + ".gp"), figure_script(figure));
  return run_gnuplot(folder, figure.id + ".gp");
}

TEST(Figure, CsvIsTidy) {
  const std::string csv = figure_csv(small_figure());
  EXPECT_EQ(csv.substr(0, csv.find('\n')), "curve,source,x,y,low,high,seeds,label");
  EXPECT_NE(csv.find("\n1,published,5500,1.51,,,,original\n"), std::string::npos) << csv;
  EXPECT_NE(csv.find("\n2,ours,55,72,"), std::string::npos) << csv;
  EXPECT_NE(csv.find(",\"it's \"\"GAN\"\", too\"\n"), std::string::npos) << csv;
  EXPECT_EQ(csv.find("2,ours,5500"), std::string::npos) << "not run is no point";
}

TEST(Figure, DrawsSvgAndPng) {
  if (!gnuplot_is_here()) GTEST_SKIP() << "gnuplot is not installed";
  test::TemporaryFolder folder;
  const GnuplotOutcome outcome = draw(folder.path(), small_figure());
  ASSERT_TRUE(outcome.drawn) << outcome.problem;
  const std::string svg = core::read_file(folder / "curves.svg");
  EXPECT_NE(svg.find("original"), std::string::npos);
  EXPECT_NE(svg.find("GAN"), std::string::npos) << "labels with quotes are drawn";
  EXPECT_NE(svg.find("published (open)"), std::string::npos);
  EXPECT_NE(svg.find("0, 114, 178"), std::string::npos) << "the palette's blue";
  // Both measured points of the second curve (vermillion, filled square) are there, quotes or not.
  std::size_t squares = 0;
  for (std::size_t at = svg.find("'#gpPt4'"); at != std::string::npos;
       at = svg.find("'#gpPt4'", at + 1)) {
    ++squares;
  }
  EXPECT_EQ(squares, 3U) << "two points and the legend";
  EXPECT_EQ(core::read_file(folder / "curves.png").substr(1, 3), "PNG");
}

TEST(Figure, TwoDrawingsAreTheSameBytes) {
  if (!gnuplot_is_here()) GTEST_SKIP() << "gnuplot is not installed";
  test::TemporaryFolder a, b;
  ASSERT_TRUE(draw(a.path(), small_figure()).drawn);
  ASSERT_TRUE(draw(b.path(), small_figure()).drawn);
  EXPECT_EQ(core::read_file(a / "curves.svg"), core::read_file(b / "curves.svg"));
  EXPECT_EQ(core::read_file(a / "curves.png"), core::read_file(b / "curves.png"));
}

TEST(Figure, NothingRunStillDrawsThePublishedCurves) {
  if (!gnuplot_is_here()) GTEST_SKIP() << "gnuplot is not installed";
  const core::Card card = test::small_card();
  test::TemporaryFolder folder;
  const auto outcome = draw(folder.path(), build_figure(card.figures[0], card, {}));
  ASSERT_TRUE(outcome.drawn) << outcome.problem;
  EXPECT_NE(core::read_file(folder / "curves.svg").find("original (not run)"), std::string::npos);
}

TEST(Figure, NothingAtAllStillDraws) {
  if (!gnuplot_is_here()) GTEST_SKIP() << "gnuplot is not installed";
  core::Card card = test::small_card();
  for (auto& series : card.figures[0].series) series.published.clear();
  test::TemporaryFolder folder;
  const auto outcome = draw(folder.path(), build_figure(card.figures[0], card, {}));
  EXPECT_TRUE(outcome.drawn) << outcome.problem;
}

// The small card's plain table, drawn.
core::FigureSpec table_figure(core::FigureKind kind) {
  core::FigureSpec spec;
  spec.id = "drawn";
  spec.title = "Drawn from a table";
  spec.kind = kind;
  spec.table = "plain";
  return spec;
}

TEST(Figure, BarsStandInGroupsAndOnePanelPerUnit) {
  const core::Card card = test::small_card();
  const Figure figure =
      build_figure(table_figure(core::FigureKind::kBars), card, test::small_metrics());
  EXPECT_EQ(figure.groups, (std::vector<std::string>{"original", "GAN"}));
  EXPECT_EQ(figure.panels, (std::vector<std::string>{"%", "images/s"}));
  ASSERT_EQ(figure.curves.size(), 2U);
  EXPECT_EQ(figure.curves[0].panel, 0U);
  EXPECT_EQ(figure.curves[1].panel, 1U);
  ASSERT_EQ(figure.curves[0].ours.size(), 1U) << "gan.error@5500 was not run";
  EXPECT_DOUBLE_EQ(figure.curves[0].ours[0].x, 0);
  EXPECT_NEAR(figure.curves[0].ours[0].y, 24, 1e-9);
  ASSERT_EQ(figure.curves[0].published.size(), 1U);
  EXPECT_DOUBLE_EQ(figure.curves[0].published[0].y, 25);
  EXPECT_EQ(figure.curves[1].label, "speed");
}

TEST(Figure, BarsOfOneUnitShareAGroup) {
  core::Card card = test::small_card();
  card.tables[1].headers = {"error", "error at 385"};
  card.tables[1].rows = {{"original", {"original.error@55", "original.error@385"}, {}},
                         {"GAN", {"gan.error@55", "gan.error@385"}, {}}};
  const Figure figure =
      build_figure(table_figure(core::FigureKind::kBars), card, test::small_metrics());
  EXPECT_EQ(figure.panels, (std::vector<std::string>{"%"}));
  EXPECT_DOUBLE_EQ(figure.bar_width, 0.4);
  EXPECT_DOUBLE_EQ(figure.curves[0].ours[1].x, 0.8) << "left bar of the second group";
  EXPECT_DOUBLE_EQ(figure.curves[1].ours[1].x, 1.2);
}

TEST(Figure, BarsAndMatricesAreDrawn) {
  if (!gnuplot_is_here()) GTEST_SKIP() << "gnuplot is not installed";
  const core::Card card = test::small_card();
  test::TemporaryFolder folder;
  for (const auto kind : {core::FigureKind::kBars, core::FigureKind::kMatrix}) {
    const GnuplotOutcome outcome =
        draw(folder.path(), build_figure(table_figure(kind), card, test::small_metrics()));
    ASSERT_TRUE(outcome.drawn) << outcome.problem;
    EXPECT_EQ(core::read_file(folder / "drawn.png").substr(1, 3), "PNG");
    const std::string svg = core::read_file(folder / "drawn.svg");
    EXPECT_NE(svg.find("Drawn from a table"), std::string::npos);
    EXPECT_NE(svg.find("original"), std::string::npos);
    // Bars have an axis in their unit, squares say their value (24.0 % error).
    EXPECT_NE(svg.find(kind == core::FigureKind::kBars ? "images/s" : ">24<"), std::string::npos);
  }
}

TEST(Figure, NothingRunStillDrawsBarsAndMatrices) {
  if (!gnuplot_is_here()) GTEST_SKIP() << "gnuplot is not installed";
  const core::Card card = test::small_card();
  test::TemporaryFolder folder;
  for (const auto kind : {core::FigureKind::kBars, core::FigureKind::kMatrix}) {
    const GnuplotOutcome outcome = draw(folder.path(), build_figure(table_figure(kind), card, {}));
    EXPECT_TRUE(outcome.drawn) << outcome.problem;
    // Bars say it in the key, and where there is no published value either; of an empty matrix it
    // is all there is.
    const std::string svg = core::read_file(folder / "drawn.svg");
    EXPECT_NE(svg.find(">not run<"), std::string::npos);
  }
}

TEST(Figure, GroupsWithoutABarSayWhy) {
  if (!gnuplot_is_here()) GTEST_SKIP() << "gnuplot is not installed";
  core::Card card = test::small_card();
  card.tables[1].rows.push_back({"WGAN", {"wgan.error@55", ""}, {}});
  test::TemporaryFolder folder;
  const Figure figure =
      build_figure(table_figure(core::FigureKind::kBars), card, test::small_metrics());
  ASSERT_EQ(figure.groups.size(), 3U);
  ASSERT_TRUE(draw(folder.path(), figure).drawn);
  const std::string svg = core::read_file(folder / "drawn.svg");
  EXPECT_NE(svg.find(">not run<"), std::string::npos);
  const std::string script = core::read_file(folder / "drawn.gp");
  EXPECT_NE(script.find("set label 'not run' at 2,0"), std::string::npos) << script;
  EXPECT_EQ(script.find("set label 'not run' at 0,0"), std::string::npos) << script;
}

// A diamond alone could be taken for a bar of height 0 with the published value above it.
TEST(Figure, GroupsWithPublishedValuesAloneSayThatTheyWereNotRun) {
  core::Card card = test::small_card();
  card.tables[1].headers = {"error"};
  card.tables[1].rows = {{"original", {"original.error@55"}, {25}},
                         {"GAN", {"gan.error@5500"}, {70.5}},
                         {"low", {"gan.error@5500"}, {2}},
                         {"blank", {""}, {}}};
  const Figure figure =
      build_figure(table_figure(core::FigureKind::kBars), card, test::small_metrics());
  const std::string script = figure_script(figure);
  EXPECT_EQ(script.find("set label 'not run' at 0,"), std::string::npos) << script;
  EXPECT_NE(script.find("set label 'not run' at 1,0 center offset 0,0.7"), std::string::npos)
      << script;
  EXPECT_NE(script.find("set label 'not run' at 2,2 center offset 0,1 "), std::string::npos)
      << "above the diamond: " << script;
  EXPECT_EQ(script.find("set label 'not run' at 3,"), std::string::npos)
      << "the card asks for nothing there: " << script;
}

TEST(Figure, NamesOfBarsThatWouldCollideStandAslant) {
  Figure figure = build_figure(table_figure(core::FigureKind::kBars), test::small_card(),
                               test::small_metrics());
  figure.panels.resize(1);
  figure.curves.resize(1);
  figure.groups.assign(10, "shirt");
  EXPECT_EQ(figure_script(figure).find("rotate"), std::string::npos);
  figure.groups[2] = "longsleeve";
  const std::string aslant = figure_script(figure);
  EXPECT_NE(aslant.find("set xtics rotate by 35 right ('shirt' 0,"), std::string::npos) << aslant;
  EXPECT_NE(aslant.find("set bmargin 4.6"), std::string::npos)
      << "room for ten letters: " << aslant;
  figure.groups[0] = "a first name of thirty letters";
  EXPECT_NE(figure_script(figure).find("set lmargin 20"), std::string::npos)
      << "which begins on the left of its bar: " << figure_script(figure);
}

TEST(Figure, NoWidthIsNoInterval) {
  core::Card card = test::small_card();
  core::MetricTable metrics;
  for (const std::int64_t seed : {1, 2, 3}) metrics.add("original.error", 55, seed, 5, "%");
  const Figure figure = build_figure(card.figures[0], card, metrics);
  ASSERT_EQ(figure.curves[0].ours.size(), 1U);
  EXPECT_FALSE(figure.curves[0].ours[0].interval);
}

TEST(Figure, AxisAndIntervalsEndWhereTheMeasureDoes) {
  core::Card card = test::small_card();
  core::FigureSpec spec = card.figures[0];
  spec.x_log = spec.y_log = false;
  core::MetricTable metrics;
  for (const std::int64_t seed : {1, 2, 3}) {
    // Of a spread that makes the intervals wider than the axis. Those of percentages end by
    // themselves.
    metrics.add("original.error", 55, seed, 5.0 + 20.0 * static_cast<double>(seed - 1), "points");
    metrics.add("original.error", 385, seed, 95.0 - 20.0 * static_cast<double>(seed - 1), "points");
  }
  const std::string free = figure_script(build_figure(spec, card, metrics));
  EXPECT_NE(free.find("set yrange [-"), std::string::npos) << free;
  EXPECT_EQ(free.find("below("), std::string::npos) << free;
  spec.y_range = {0, 100};
  const std::string bounded = figure_script(build_figure(spec, card, metrics));
  EXPECT_NE(bounded.find("set yrange [-3:103]"), std::string::npos) << bounded;
  EXPECT_NE(bounded.find("below(ours(1, 6))"), std::string::npos) << bounded;
}

TEST(Figure, NamesWiderThanTheirColumnStandAslant) {
  Figure figure = build_figure(table_figure(core::FigureKind::kMatrix), test::small_card(),
                               test::small_metrics());
  figure.groups.assign(10, "long words but narrow");
  EXPECT_EQ(figure_script(figure).find("rotate"), std::string::npos);
  // Six letters fit into a column.
  EXPECT_NE(figure_script(figure).find("long\\nwords\\nbut\\nnarrow"), std::string::npos)
      << figure_script(figure);
  figure.groups[3] = "longsleeve";
  EXPECT_NE(figure_script(figure).find("set xtics rotate by 35 right ('long words but narrow' 0,"),
            std::string::npos)
      << figure_script(figure);
  figure.groups.resize(5);
  EXPECT_EQ(figure_script(figure).find("rotate"), std::string::npos);
}

TEST(Figure, TitlesWiderThanTheFigureAreBroken) {
  const core::Card card = test::small_card();
  for (const auto kind : {core::FigureKind::kBars, core::FigureKind::kMatrix}) {
    Figure figure = build_figure(table_figure(kind), card, test::small_metrics());
    EXPECT_NE(figure_script(figure).find("title 'Drawn from a table'"), std::string::npos);
    figure.title =
        "A title of many words that says in all detail what is drawn, in which unit, of "
        "which data and with how many seeds, as a title should not";
    const std::string script = figure_script(figure);
    EXPECT_EQ(script.find("title '" + figure.title), std::string::npos);
    EXPECT_NE(script.find("title \"A title of many words"), std::string::npos);
    EXPECT_NE(script.find("\\n"), std::string::npos);
  }
}

TEST(Figure, TableThatIsNotThereIsNamed) {
  core::FigureSpec spec = table_figure(core::FigureKind::kBars);
  spec.table = "nothing";
  EXPECT_ERSATZ_ERROR(build_figure(spec, test::small_card(), {}), core::ExitCode::kUsage,
                      "nothing");
}

TEST(ScriptText, LongLabelsAreBrokenAtSpaces) {
  EXPECT_EQ(double_quoted("copy-paste and Stable Diffusion", 12),
            "\"copy-paste\\nand Stable\\nDiffusion\"");
  EXPECT_EQ(double_quoted("a \"b\"", 20), "\"a \\\"b\\\"\"");
  EXPECT_EQ(double_quoted("", 20), "\"\"");
}

TEST(Gnuplot, ReportsWhatWentWrong) {
  test::TemporaryFolder folder;
  core::write_file_atomic(folder / "bad.gp", "plot nonsense(\n");
  setenv("ERSATZ_GNUPLOT", "no-such-gnuplot", 1);
  const GnuplotOutcome absent = run_gnuplot(folder.path(), "bad.gp");
  unsetenv("ERSATZ_GNUPLOT");
  EXPECT_FALSE(absent.drawn);
  EXPECT_EQ(absent.problem, "no-such-gnuplot is not installed");
  if (!gnuplot_is_here()) return;
  const GnuplotOutcome bad = run_gnuplot(folder.path(), "bad.gp");
  EXPECT_FALSE(bad.drawn);
  EXPECT_NE(bad.problem.find("failed on bad.gp"), std::string::npos) << bad.problem;
}

TEST(Gnuplot, IsEndedAfterATime) {
  if (!gnuplot_is_here()) GTEST_SKIP() << "gnuplot is not installed";
  test::TemporaryFolder folder;
  core::write_file_atomic(folder / "slow.gp", "pause 30\n");
  const GnuplotOutcome outcome = run_gnuplot(folder.path(), "slow.gp", 0.3);
  EXPECT_FALSE(outcome.drawn);
  EXPECT_NE(outcome.problem.find("more than 0.3 s"), std::string::npos) << outcome.problem;
}

TEST(Axis, LogarithmicTicksAreOneTwoFive) {
  const Axis axis = choose_axis({0.6, 25, -1, 0}, true);
  EXPECT_LT(axis.low, 0.6);
  EXPECT_GT(axis.low, 0.4);
  EXPECT_GT(axis.high, 25);
  EXPECT_EQ(axis.ticks, (std::vector<double>{1, 2, 5, 10, 20}));
  EXPECT_EQ(choose_axis({0.15, 0.6}, true).ticks, (std::vector<double>{0.2, 0.5}));
}

TEST(Axis, ManyDecadesGetPowersOfTenAndMinorTicks) {
  const Axis axis = choose_axis({55, 5e6}, true);
  EXPECT_EQ(axis.ticks, (std::vector<double>{100, 1000, 10000, 100000, 1000000}));
  EXPECT_EQ(axis.minor_ticks.front(), 40);
  EXPECT_EQ(std::count(axis.minor_ticks.begin(), axis.minor_ticks.end(), 1000), 0);
  EXPECT_EQ(choose_axis({55, 49500}, true, 7).ticks, (std::vector<double>{100, 1000, 10000}));
}

TEST(Axis, HoldsTheSmallestAndTheLargestNumbers) {
  for (const auto& values : {std::vector<double>{5e-324, 5e-315}, {5e-324, 1e308}, {1.7e308}}) {
    const Axis axis = choose_axis(values, true);
    EXPECT_GT(axis.low, 0);
    EXPECT_LE(axis.low, values.front());
    EXPECT_GE(axis.high, values.back());
    EXPECT_TRUE(std::isfinite(axis.high));
    EXPECT_LT(axis.ticks.size(), 700U);
    for (const double tick : axis.ticks) EXPECT_TRUE(tick > 0 && std::isfinite(tick)) << tick;
  }
}

TEST(Axis, LabelsHaveThousandsSeparators) {
  EXPECT_EQ(tick_label(0.5), "0.5");
  EXPECT_EQ(tick_label(500), "500");
  EXPECT_EQ(tick_label(10000), "10,000");
  EXPECT_EQ(tick_label(1234567), "1,234,567");
}

TEST(Axis, LinearStartsAtZeroForPositiveValues) {
  EXPECT_EQ(choose_axis({5, 10}, false).low, 0);
  EXPECT_LT(choose_axis({-5, 10}, false).low, -5);
  EXPECT_GT(choose_axis({3, 3}, false).high, 3);
  EXPECT_LT(choose_axis({}, true).low, choose_axis({}, true).high);
}

TEST(Palette, NamesAreStableAndMisspellingsHelped) {
  EXPECT_EQ(series_style("", 0).rgb, series_style("blue", 5).rgb);
  EXPECT_EQ(series_style("", 1).rgb, series_style("", 9).rgb);
  EXPECT_ERSATZ_ERROR(series_style("oragne", 0), core::ExitCode::kUsage, "orange");
}

}  // namespace
}  // namespace ersatz::report
