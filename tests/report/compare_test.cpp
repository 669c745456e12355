#include "report/compare.h"

#include "support/growth.h"
#include "support/test_support.h"

namespace ersatz::report {
namespace {

using core::MetricTable;

void add(MetricTable& table, const char* id, double center, double spread = 0.1) {
  for (int seed = 1; seed <= 3; ++seed) {
    table.add(id, 55, seed, center + (seed - 2) * spread, "%", 10000);
  }
}

std::vector<ComparisonRow> rows() {
  MetricTable first, second;
  add(first, "same", 5);
  add(second, "same", 5);
  add(first, "close", 5);
  add(second, "close", 5.1, 0.2);
  add(first, "far", 5);
  add(second, "far", 9);
  first.add("speed", std::nullopt, 1, 100, "images/s");
  second.add("speed", std::nullopt, 1, 120, "images/s");
  add(first, "gone", 3);
  second.not_run("gone", 55, "%", "no time");
  add(second, "new", 3);
  first.not_run("never", 55, "%", "no time");
  return compare_metrics(first, second);
}

TEST(Compare, TellsNoiseFromChange) {
  const auto found = rows();
  ASSERT_EQ(found.size(), 6U) << "what neither measured is left out";
  EXPECT_EQ(found[0].change, Change::kIdentical);
  EXPECT_EQ(found[1].change, Change::kNotSignificant);
  EXPECT_EQ(found[2].change, Change::kSignificant);
  EXPECT_NEAR(*found[2].difference, 4, 1e-9);
  EXPECT_EQ(found[3].change, Change::kUnknown);
  EXPECT_EQ(found[4].change, Change::kOnlyFirst);
  EXPECT_EQ(found[5].change, Change::kOnlySecond);
}

TEST(Compare, MatchingGrowsWithTheRows) {
  std::map<std::size_t, MetricTable> tables;
  for (const std::size_t count : {std::size_t{5'000}, 5'000 * test::kLarger}) {
    core::Json list = core::Json::array();
    for (std::size_t i = 0; i < count; ++i) {
      list.push_back({{"id", "error"}, {"point", i}, {"unit", ""}, {"not_run", "why"}});
    }
    tables.emplace(count, MetricTable::from_json(list));
  }
  const auto match = [&](std::size_t count) {
    EXPECT_TRUE(compare_metrics(tables.at(count), tables.at(count)).empty());
  };
  EXPECT_LT(test::growth(5'000, match), test::kNearlyLinear);
}

TEST(Compare, TextIsGolden) {
  auto some = rows();
  some.erase(some.begin() + 1);
  EXPECT_EQ(comparison_text(some, "a", "b"),
            R"(metric           a            b            difference
same@55, %       5.00 ± 0.44  5.00 ± 0.44  +0 points [-0.605, +0.605]  identical
far@55, %        5.00 ± 0.44  9.00 ± 0.57  +4 points [+3.29, +4.71]    significant
speed, images/s  100          120          +20 images/s                noise unknown
gone@55, %       3.00 ± 0.36  not run                                  only in the first
new@55, %        not run      3.00 ± 0.36                              only in the second
1 identical, 1 significant, 1 noise unknown, 1 only in the first, 1 only in the second
)");
}

TEST(Compare, Json) {
  const core::Json json = to_json(rows());
  EXPECT_EQ(json[2]["change"], "significant");
  EXPECT_FALSE(json[4].contains("second"));
}

}  // namespace
}  // namespace ersatz::report
