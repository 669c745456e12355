#include "evaluate/benchmarks/benchmark_comparison.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "support/test_support.h"

namespace ersatz::evaluate {
namespace {

using core::Json;

std::string entry(const std::string& name, double time, const char* unit = "ms") {
  return fmt::format(
      R"({{"name":"{0}","run_name":"{0}","run_type":"iteration","real_time":{1},"cpu_time":{2},)"
      R"("time_unit":"{3}","iterations":3}},)",
      name, time, time / 2, unit);
}

BenchmarkFile file(std::string entries, const std::string& context = "{}") {
  if (!entries.empty()) entries.pop_back();
  return parse_benchmarks(fmt::format("{{\"context\":{},\"benchmarks\":[{}]}}", context, entries),
                          "b.json");
}

std::string repeated(const std::string& name, const std::vector<double>& times, double scale = 1) {
  std::string text;
  for (const double time : times) text += entry(name, time * scale);
  return text;
}

const std::vector<double> kQuiet = {10, 10.1, 9.9, 10.05, 9.95};
const std::vector<double> kNoisy = {10, 14, 8, 16, 9};

BenchmarkRow compare(const std::string& first, const std::string& second, double threshold = 0.05) {
  BenchmarkComparisonOptions options;
  options.threshold = threshold;
  const auto rows = compare_benchmarks(file(first), file(second), options);
  EXPECT_EQ(rows.size(), 1U);
  return rows.at(0);
}

TEST(BenchmarkFile, ReadsRepetitionsAndNotTheirMeans) {
  const BenchmarkFile read = file(
      entry("a/1", 2, "us") + entry("a/1", 3, "us") +
      R"({"name":"a/1_mean","run_name":"a/1","run_type":"aggregate","repetitions":2,"real_time":9,"cpu_time":9,"time_unit":"s"},)" +
      R"({"name":"b","run_name":"b","run_type":"iteration","error_occurred":true,"error_message":"no GPU","real_time":0,"cpu_time":0,"time_unit":"ns"},)");
  ASSERT_EQ(read.benchmarks.size(), 2U);
  EXPECT_EQ(read.benchmarks.at("a/1").real, (std::vector<double>{2000, 3000}));
  EXPECT_EQ(read.benchmarks.at("a/1").cpu, (std::vector<double>{1000, 1500}));
  EXPECT_EQ(read.benchmarks.at("b").failure, "no GPU");
}

TEST(BenchmarkFile, RefusesWhatItIsNot) {
  for (const char* text :
       {"", "[]", "{}", R"({"benchmarks":{}})", R"({"benchmarks":[1]})",
        R"({"benchmarks":[{"real_time":1}]})", R"({"benchmarks":[{"name":"a"}]})",
        R"({"benchmarks":[{"name":"a","real_time":"x","cpu_time":1}]})",
        R"({"benchmarks":[{"name":"a","real_time":-1,"cpu_time":1}]})",
        R"({"benchmarks":[{"name":"a","real_time":1,"cpu_time":1,"time_unit":"h"}]})",
        R"({"benchmarks":[{"name":"a","run_type":"aggregate","repetitions":1e300}]})",
        R"({"context":null,"benchmarks":[]})", R"({"context":[1],"benchmarks":[]})",
        R"({"context":{"num_cpus":"x"},"benchmarks":[]})"}) {
    EXPECT_ERSATZ_ERROR(parse_benchmarks(text, "b.json"), core::ExitCode::kUntrustedData, "b.json");
  }
}

TEST(BenchmarkFile, NamesTheEntryThatIsWrong) {
  for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
           {R"({"name":"a/1","cpu_time":1})", "benchmark 2 (a/1): key 'real_time' not found"},
           {R"({"name":"a/1","real_time":"x","cpu_time":1})", "benchmark 2 (a/1): type must be"},
           {R"({"real_time":1})", "benchmark 2: key 'name' not found"},
           {"1", "benchmark 2: "}}) {
    const auto read = [&] { return file(entry("fine", 1) + text + ","); };
    EXPECT_ERSATZ_ERROR(read(), core::ExitCode::kUntrustedData, message);
    EXPECT_ERSATZ_ERROR(read(), core::ExitCode::kUntrustedData, "b.json");
    try {
      read();
    } catch (const core::Error& error) {
      EXPECT_EQ(std::string(error.what()).find("json.exception"), std::string::npos);
    }
  }
}

TEST(BenchmarkFile, LongNamesAndManyRepetitionsAreRefused) {
  const auto named = [](const std::string& name, const std::string& run_name) {
    return file(fmt::format(R"({{"name":"{}","run_name":"{}","real_time":1,"cpu_time":1}},)", name,
                            run_name));
  };
  const std::string longest(1000, 'a');
  EXPECT_EQ(named(longest, longest).benchmarks.count(longest), 1U);
  for (const auto& [name, run_name] :
       {std::pair{longest + "a", std::string("a")}, {"a", longest + "a"}}) {
    EXPECT_ERSATZ_ERROR(named(name, run_name), core::ExitCode::kUntrustedData, "1000 bytes");
  }
  const std::vector<double> most(1000, 1.0);
  EXPECT_EQ(file(repeated("a", most) + repeated("b", most)).benchmarks.at("b").real,
            std::vector<double>(1000, 1e6));
  EXPECT_ERSATZ_ERROR(file(repeated("a", most) + repeated("a", {1})),
                      core::ExitCode::kUntrustedData, "a has more than 1000 repetitions");
}

TEST(BenchmarkComparison, ARealSlowdownIsFoundAndNoiseIsNone) {
  const BenchmarkRow slower = compare(repeated("a", kQuiet), repeated("a", kQuiet, 1.08));
  EXPECT_EQ(slower.verdict, BenchmarkVerdict::kSlower);
  EXPECT_NEAR(slower.ratio->ratio, 1.08, 1e-9);
  EXPECT_NEAR(slower.first, 10e6, 1);
  EXPECT_NEAR(slower.p, 2.0 / 252, 1e-12);
  EXPECT_EQ(compare(repeated("a", kQuiet, 1.08), repeated("a", kQuiet)).verdict,
            BenchmarkVerdict::kFaster);
  EXPECT_EQ(compare(repeated("a", kQuiet), repeated("a", kQuiet)).verdict, BenchmarkVerdict::kSame);
  // Certain, but below the threshold.
  EXPECT_NE(compare(repeated("a", kQuiet), repeated("a", kQuiet, 1.03)).verdict,
            BenchmarkVerdict::kSlower);
  EXPECT_EQ(compare(repeated("a", kQuiet), repeated("a", kQuiet, 1.03), 0.1).verdict,
            BenchmarkVerdict::kSame);
}

TEST(BenchmarkComparison, SaysWhenItCannotTell) {
  const BenchmarkRow noisy = compare(repeated("a", kNoisy), repeated("a", kNoisy, 1.08));
  EXPECT_EQ(noisy.verdict, BenchmarkVerdict::kCannotTell);
  EXPECT_EQ(noisy.reason, "too much noise for this threshold");
  const BenchmarkRow few = compare(repeated("a", {10, 10, 10}), repeated("a", {20, 20, 20}));
  EXPECT_EQ(few.verdict, BenchmarkVerdict::kCannotTell);
  EXPECT_EQ(few.reason, "3 and 3 repetitions are too few");
  EXPECT_FALSE(few.ratio);
  const BenchmarkRow means = compare(
      R"({"name":"a_mean","run_name":"a","run_type":"aggregate","repetitions":3,"real_time":1,"cpu_time":1},)",
      repeated("a", kQuiet));
  EXPECT_EQ(means.reason, "first: only aggregates of 3 repetitions were kept");
  EXPECT_EQ(compare(repeated("a", {0, 0, 0, 0, 0}), repeated("a", kQuiet)).reason,
            "faster than the clock");
}

TEST(BenchmarkComparison, WhatIsGoneOrFailedOrNewIsNamed) {
  const std::string failed =
      R"({"name":"a","run_name":"a","error_occurred":true,"error_message":"no GPU"},)";
  EXPECT_EQ(compare(repeated("a", kQuiet), "").verdict, BenchmarkVerdict::kOnlyFirst);
  EXPECT_EQ(compare("", repeated("a", kQuiet)).verdict, BenchmarkVerdict::kOnlySecond);
  EXPECT_EQ(compare(repeated("a", kQuiet), failed).verdict, BenchmarkVerdict::kOnlyFirst);
  EXPECT_EQ(compare(repeated("a", kQuiet), failed).reason, "failed: no GPU");
  EXPECT_EQ(compare(failed, failed).verdict, BenchmarkVerdict::kCannotTell);
}

TEST(BenchmarkComparison, RefusesSettingsWithoutSense) {
  for (const double threshold : {0.0, -1.0, 11.0}) {
    BenchmarkComparisonOptions options;
    options.threshold = threshold;
    EXPECT_ERSATZ_ERROR(compare_benchmarks({}, {}, options), core::ExitCode::kUsage, "threshold");
  }
  BenchmarkComparisonOptions options;
  options.level = 1;
  EXPECT_ERSATZ_ERROR(compare_benchmarks({}, {}, options), core::ExitCode::kUsage, "level");
}

TEST(ContextWarnings, NameOtherAndBusyMachines) {
  EXPECT_TRUE(context_warnings(file(""), file("")).empty());
  const BenchmarkFile quiet = file("", R"({"num_cpus":2,"load_avg":[0.5,1,1]})");
  const BenchmarkFile other = file("", R"({"num_cpus":8,"load_avg":[9.5,1,1]})");
  EXPECT_TRUE(context_warnings(quiet, quiet).empty());
  const auto warnings = context_warnings(quiet, other);
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_EQ(warnings[0], "num_cpus was 2 and is 8");
  EXPECT_NE(warnings[1].find("busy when the second was made (load 9.5 on 8"), std::string::npos)
      << warnings[1];
}

}  // namespace
}  // namespace ersatz::evaluate
