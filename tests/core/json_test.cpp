#include "core/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "core/exit_code.h"
#include "core/file_system.h"
#include "support/growth.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

TEST(Json, CanonicalTextIgnoresOrderAndSpace) {
  EXPECT_EQ(canonical_json(Json::parse(R"({"b": 1, "a": [1.5, true]})")),
            canonical_json(Json::parse(R"({"a":[1.5,true],"b":1})")));
  EXPECT_EQ(canonical_json(Json::parse(R"({"b":1,"a":2})")), R"({"a":2,"b":1})");
}

TEST(Json, RefusesDuplicateKeysAndTrailingText) {
  test::TemporaryFolder folder;
  const auto file = folder / "x.json";
  write_file_atomic(file, R"({"a": 1, "b": {"a": 2}})");
  EXPECT_EQ(read_json(file)["b"]["a"], 2);
  write_file_atomic(file, R"({"a": 1, "a": 2})");
  EXPECT_ERSATZ_ERROR(read_json(file), ExitCode::kUntrustedData, "twice");
  write_file_atomic(file, "{} {}");
  EXPECT_ERSATZ_ERROR(read_json(file), ExitCode::kUntrustedData, "not valid JSON");
  write_file_atomic(file, "");
  EXPECT_ERSATZ_ERROR(read_json(file), ExitCode::kUntrustedData, "not valid JSON");
}

TEST(Json, ParsingGrowsWithTheKeys) {
  const auto parse = [](std::size_t count) {
    std::string text = "{";
    for (std::size_t i = 0; i < count; ++i) {
      text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":[]";
    }
    const std::string twice = text + ",\"k17\":1}";
    text += "}";
    const Json value = parse_json(text, "x");
    EXPECT_EQ(value.size(), count);
    EXPECT_EQ(value.dump(), text) << "in their order";
    EXPECT_ERSATZ_ERROR(parse_json(twice, "x"), ExitCode::kUntrustedData, "'k17' appears twice");
  };
  EXPECT_LT(test::growth(10'000, parse), test::kNearlyLinear);
}

TEST(Json, EqualKeysAreFoundAmongFewAndMany) {
  for (const int count : {1, 15, 16, 17, 40}) {
    for (int again = 0; again < count; again += 7) {
      std::string text = "{";
      for (int i = 0; i < count; ++i) text += "\"k" + std::to_string(i) + "\":{\"a\":1},";
      text += "\"k" + std::to_string(again) + "\":2}";
      EXPECT_ERSATZ_ERROR(parse_json(text, "x"), ExitCode::kUntrustedData, "appears twice");
    }
  }
}

// The library would leave out what lies deeper than its callback allows, without a word.
TEST(Json, DeepNestingIsRefused) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + "1" + std::string(depth, ']');
  };
  EXPECT_EQ(parse_json(nested(100), "x").dump(), nested(100));
  EXPECT_ERSATZ_ERROR(parse_json(nested(101), "x"), ExitCode::kUntrustedData, "too deeply");
  EXPECT_ERSATZ_ERROR(parse_json(R"({"a":)" + nested(1'000'000) + "}", "x"),
                      ExitCode::kUntrustedData, "too deeply");
}

TEST(Json, NumbersBeyondAllRangesAreRefused) {
  EXPECT_EQ(parse_json("[1e300, -1e-400]", "x")[0], 1e300);
  for (const char* text : {"1e405", "[-1e999]", R"({"a": 123456789e400})"}) {
    EXPECT_ERSATZ_ERROR(parse_json(text, "x"), ExitCode::kUntrustedData, "too large");
  }
}

TEST(Json, ReadsWhatPythonWrites) {
  test::TemporaryFolder folder;
  const auto file = folder / "x.json";
  write_file_atomic(file,
                    R"({"a": -Infinity, "b": [Infinity, NaN], "c": "say \"NaN\" -Infinity"})");
  const Json value = read_python_json(file);
  EXPECT_EQ(value["a"], "-Infinity");
  EXPECT_EQ(value["b"], Json({"Infinity", "NaN"}));
  EXPECT_EQ(value["c"], R"(say "NaN" -Infinity)");
  EXPECT_ERSATZ_ERROR(read_json(file), ExitCode::kUntrustedData, "not valid JSON");
  for (const char* broken : {R"({"a": -Infinit})", R"({"a": 1, "a": NaN})", "NaN NaN", "\"\\"}) {
    write_file_atomic(file, broken);
    EXPECT_ERSATZ_ERROR(read_python_json(file), ExitCode::kUntrustedData, "x.json");
  }
}

TEST(Json, NeverWritesNaN) {
  test::TemporaryFolder folder;
  EXPECT_ERSATZ_ERROR(write_json(folder / "x.json", {{"a", {{"b", std::nan("")}}}}),
                      ExitCode::kNumeric, "/a/b");
  EXPECT_FALSE(fs::exists(folder / "x.json"));
}

}  // namespace
}  // namespace ersatz::core
