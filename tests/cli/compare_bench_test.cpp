// `ersatz compare-bench`.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "cli/cli_fixture.h"

namespace ersatz::test {
namespace {

using core::Json;
using ::testing::HasSubstr;

// Five repetitions of two benchmarks, the second of which takes `factor` times as long.
std::string times(double factor, int repetitions = 5) {
  Json all = Json::array();
  for (int i = 0; i < repetitions; ++i) {
    for (const auto& [name, time] : {std::pair{"steady/8", 10.0}, {"moving/8", 20.0 * factor}}) {
      all.push_back({{"name", name},
                     {"run_name", name},
                     {"run_type", "iteration"},
                     {"real_time", time * (1 + 0.001 * i)},
                     {"cpu_time", time},
                     {"time_unit", "us"}});
    }
  }
  return Json({{"context", {{"num_cpus", 2}}}, {"benchmarks", all}}).dump();
}

class CompareBench : public ::testing::Test {
 protected:
  CompareBench() {
    write_text(folder_ / "old.json", times(1));
    write_text(folder_ / "slow.json", times(1.5));
    write_text(folder_ / "few.json", times(1.5, 3));
    write_text(folder_ / "a/x_bench.json", times(1));
    write_text(folder_ / "b/x_bench.json", times(0.5));
  }
  CommandResult compare(const std::string& arguments) const {
    return run_command(fmt::format("cd '{}' && '{}/ersatz' compare-bench {}",
                                   folder_.path().string(), ERSATZ_BIN_DIR, arguments));
  }
  TemporaryFolder folder_;
};

TEST_F(CompareBench, ARegressionFails) {
  const CommandResult result = compare("old.json slow.json");
  EXPECT_EQ(result.exit_status, 10) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("slower   +50.0 %"));
  EXPECT_THAT(result.output, HasSubstr("1 slower, 0 faster, 1 the same, 0 cannot tell"));
  EXPECT_EQ(compare("old.json slow.json --filter steady").exit_status, 0);
  EXPECT_EQ(compare("old.json slow.json --threshold 60").exit_status, 0);
  EXPECT_EQ(compare("slow.json old.json").exit_status, 0) << "faster is no regression";
}

TEST_F(CompareBench, TooFewRepetitionsAreNoRegressionAndNoPass) {
  const CommandResult result = compare("old.json few.json");
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.output, HasSubstr("(5 and 3 repetitions are too few)"));
  EXPECT_EQ(compare("old.json few.json --strict").exit_status, 10);
  EXPECT_EQ(compare("old.json old.json --strict").exit_status, 0);
  EXPECT_EQ(compare("old.json old.json --strict --filter nothing").exit_status, 10);
}

TEST_F(CompareBench, FoldersAndJson) {
  const CommandResult result = compare("a b --json --time real");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  const Json rows = Json::parse(result.output);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].at("benchmark"), "x_bench: moving/8");
  EXPECT_EQ(rows[0].at("verdict"), "faster");
  EXPECT_EQ(rows[1].at("verdict"), "same");
}

TEST_F(CompareBench, MistakesAreNamed) {
  EXPECT_EQ(compare("old.json nowhere.json").exit_status, 40);
  EXPECT_EQ(compare("old.json a").exit_status, 2);
  EXPECT_EQ(compare("old.json old.json --threshold 0").exit_status, 2);
  EXPECT_EQ(compare("old.json old.json --time wall").exit_status, 2);
  const std::string longest(1000, 'a');
  EXPECT_EQ(compare("old.json old.json --filter " + longest).exit_status, 0);
  EXPECT_EQ(compare("old.json old.json --filter a" + longest).exit_status, 2);
  write_text(folder_ / "bad.json", "{}");
  const CommandResult bad = compare("old.json bad.json");
  EXPECT_EQ(bad.exit_status, 30);
  EXPECT_THAT(bad.errors, HasSubstr("bad.json"));
  write_text(folder_ / "c/y_bench.json", times(1));
  EXPECT_EQ(compare("a c").exit_status, 40);
}

}  // namespace
}  // namespace ersatz::test
