// `ersatz compare-bench`.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "cli/cli_fixture.h"

namespace ersatz::test {
namespace {

using core::Json;
using ::testing::ContainsRegex;
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
}

TEST_F(CompareBench, NothingComparedIsNoPass) {
  write_text(folder_ / "empty.json", R"({"context": {}, "benchmarks": []})");
  write_text(folder_ / "failed.json",
             R"({"benchmarks": [{"name": "steady/8", "error_occurred": true}]})");
  for (const std::string& files :
       {std::string("old.json empty.json"), std::string("empty.json old.json"),
        std::string("empty.json empty.json"), std::string("old.json failed.json")}) {
    for (const char* more : {"", " --strict", " --json"}) {
      const CommandResult result = compare(files + more);
      EXPECT_EQ(result.exit_status, 40) << files << more;
      EXPECT_THAT(result.errors, HasSubstr("nothing was compared"));
    }
  }
  for (const char* more : {"", " --strict"}) {
    const CommandResult filtered = compare(std::string("old.json old.json --filter zzz") + more);
    EXPECT_EQ(filtered.exit_status, 40);
    EXPECT_THAT(filtered.errors, HasSubstr("no benchmark matches 'zzz'"));
  }
}

TEST_F(CompareBench, WhatOneFileHasAloneIsShown) {
  write_text(folder_ / "one.json", []() {
    Json json = Json::parse(times(1));
    Json kept = Json::array();
    for (const Json& entry : json["benchmarks"]) {
      if (entry["name"] == "steady/8") kept.push_back(entry);
    }
    json["benchmarks"] = kept;
    return json.dump();
  }());
  const CommandResult gone = compare("old.json one.json");
  EXPECT_EQ(gone.exit_status, 0) << gone.errors;
  EXPECT_THAT(gone.output, ContainsRegex("gone +- +20.04 us +- +5/0 +moving/8"));
  EXPECT_EQ(compare("old.json one.json --strict").exit_status, 10);
  const CommandResult added = compare("one.json old.json --time cpu");
  EXPECT_THAT(added.output, ContainsRegex("new +- +- +20 us +0/5 +moving/8"));
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
  EXPECT_EQ(compare("old.json old.json --time wall").exit_status, 2);
  // As they were typed.
  for (const auto& [option, message] : {std::pair{"--threshold 0", "--threshold cannot be 0 %"},
                                        {"--threshold -5", "--threshold cannot be -5 %"},
                                        {"--threshold 1001", "--threshold cannot be 1001 %"},
                                        {"--level 100", "--level cannot be 100 %"},
                                        {"--level 49", "--level cannot be 49 %"}}) {
    const CommandResult refused = compare(std::string("old.json old.json ") + option);
    EXPECT_EQ(refused.exit_status, 2) << option;
    EXPECT_THAT(refused.errors, HasSubstr(message));
  }
  const std::string longest = "'steady|" + std::string(993, 'a');
  EXPECT_EQ(compare("old.json old.json --filter " + longest + "'").exit_status, 0);
  EXPECT_EQ(compare("old.json old.json --filter " + longest + "a'").exit_status, 2);
  write_text(folder_ / "bad.json", "{}");
  const CommandResult bad = compare("old.json bad.json");
  EXPECT_EQ(bad.exit_status, 30);
  EXPECT_THAT(bad.errors, HasSubstr("bad.json"));
  write_text(folder_ / "c/y_bench.json", times(1));
  EXPECT_EQ(compare("a c").exit_status, 40);
}

}  // namespace
}  // namespace ersatz::test
