// The page of benchmarks: medians, peers, limits, and what is wrong with its files.
#include "report/performance/performance_page.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/file_system.h"
#include "support/test_support.h"

namespace ersatz::report {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHeadlines = R"([[headline]]
what = "A step"
program = "a_bench"
benchmark = "step/1"
counter = "images/s"
unit = "images/s"
limit = 400
limit_of = "the machine"
peers = [
  {name = "Other", value = 50, from = "elsewhere"},
  {name = "Python", file = "python", rate = "step"},
  {name = "Never measured", file = "absent"},
]

[[headline]]
what = "Its time"
program = "a_bench"
benchmark = "step"
note = "nobody | else"
peers = [{name = "Slow", value = 0.5, from = "a machine"}]

[[headline]]
what = "Its memory"
program = "a_bench"
benchmark = "step"
counter = "GB"
unit = "GB"
less_is_better = true
peers = [{name = "Big", value = 6, from = "a machine"}]

[[headline]]
what = "Nothing"
program = "absent_bench"
benchmark = "x"
)";

class PerformancePage : public ::testing::Test {
 protected:
  PerformancePage() {
    std::string entries;
    for (const double seconds : {0.2, 0.3, 0.1}) {
      entries += fmt::format(
          R"({{"name": "step/1/real_time", "run_name": "step/1/real_time", "run_type": "iteration",
              "repetitions": 3, "iterations": 7, "real_time": {0}, "cpu_time": {0},
              "time_unit": "s", "images/s": {1}, "percent_of_peak": 60, "GB": 2, "label": "{2}"}},)",
          seconds, 20 / seconds, label_);
    }
    core::write_file_atomic(
        folder_ / "results/a_bench.json",
        R"({"context": {"date": "2026-11-27T01:02:03+00:00", "load_avg": [0.3, 1, 1],
             "cpu": "Some CPU", "cores": "2", "blas": "SkylakeX", "commit": "0123456789abcdef",
             "compiler": "GNU 12 Release"},
            "benchmarks": [)" +
            entries + R"({"name": "gpu", "run_type": "iteration", "error_occurred": true,
             "error_message": "no GPU"}]})");
    core::write_file_atomic(
        folder_ / "results/peers/python.json",
        R"({"peer": "Python 3", "cpu": "Some CPU", "cores": 2, "load_avg": [0.1],
            "environment": {"OPENBLAS_CORETYPE": "Haswell"},
            "fastest": {"step": 200, "forward": 300}})");
    headlines(kHeadlines);
  }
  void headlines(const std::string& text) {
    core::write_file_atomic(folder_ / "performance.toml", text);
  }
  std::string page() const {
    return performance_page(read_performance(folder_ / "performance.toml", folder_ / "results"));
  }
  const std::string label_ = "cpu libtorch-1.13.0 threads=2 blas=Cooperlake";
  test::TemporaryFolder folder_;
};

TEST_F(PerformancePage, ShowsMediansPeersAndLimits) {
  const std::string text = page();
  EXPECT_THAT(text, HasSubstr("100 images/s"));
  EXPECT_THAT(text, HasSubstr("66.7 to 200"));
  EXPECT_THAT(text, HasSubstr("25 % of the machine"));
  EXPECT_THAT(text, HasSubstr("**2 x** Other: 50 images/s on elsewhere"));
  EXPECT_THAT(text, HasSubstr("**0.5 x** Python (Python 3): 200 images/s on Some CPU, 2 cores, "
                              "load 0.1, OpenBLAS kernels Haswell"));
  EXPECT_THAT(text, Not(HasSubstr("Never measured")));
  EXPECT_THAT(text, HasSubstr("200 ms"));
  EXPECT_THAT(text, HasSubstr("**2.5 x** Slow: 500 ms on a machine<br>nobody \\| else"));
  EXPECT_THAT(text, HasSubstr("60 % of the arithmetic units"));
  EXPECT_THAT(text, HasSubstr("not measured"));
  EXPECT_THAT(text,
              HasSubstr("Some CPU; 2 cores; load 0.3 at the start; OpenBLAS kernels SkylakeX; "
                        "GNU 12 Release; commit 0123456789; 2026-11-27"));
  EXPECT_THAT(text, HasSubstr("no GPU"));
  EXPECT_THAT(text, HasSubstr("**3 x** Big: 6 GB on a machine"));
  EXPECT_THAT(text, ContainsRegex("benchmark +\\| variant +\\| +median"));
  EXPECT_THAT(text, HasSubstr("| cpu libtorch-1.13.0 threads=2 blas=Cooperlake |"));
}

TEST_F(PerformancePage, KernelsThatAPeerAskedForAreItsOwn) {
  core::write_file_atomic(
      folder_ / "results/peers/python.json",
      R"({"peer": "Python 3", "cpu": "Some CPU", "cores": 2, "load_avg": [0.1], "blas": "Zen",
          "environment": {"OPENBLAS_CORETYPE": "Haswell"}, "fastest": {"step": 200}})");
  EXPECT_THAT(page(), HasSubstr("load 0.1, OpenBLAS kernels Zen"));
}

TEST_F(PerformancePage, LongLabelsEndWithAWord) {
  const std::string list = "fp16 cuda:0 NVIDIA H200,   - CUDA Runtime 13.0   - NVCC";
  const std::string words = "ninechars " + std::string(69, 'b') + " cut";
  for (const auto& [label, shown] : {std::pair{list, std::string("| fp16 cuda:0 NVIDIA H200 |")},
                                     {words, "| ninechars " + std::string(69, 'b') + " |"},
                                     {std::string(90, 'c'), "| " + std::string(90, 'c') + " |"}}) {
    core::write_file_atomic(
        folder_ / "results/a_bench.json",
        fmt::format(R"({{"benchmarks": [{{"name": "x", "real_time": 1, "cpu_time": 1,
                         "label": "{}"}}]}})",
                    label));
    EXPECT_THAT(page(), HasSubstr(shown));
  }
}

TEST_F(PerformancePage, WhatAFileLacksIsSaidOnce) {
  core::write_file_atomic(
      folder_ / "results/a_bench.json",
      R"({"context": {"date": "2026-11-26T01:02:03+00:00"}, "benchmarks": []})");
  EXPECT_THAT(page(), HasSubstr("\n2026-11-26; not recorded: CPU, compiler, commit (benchmarks did "
                                "not write it yet)\n"));
}

TEST_F(PerformancePage, MistakesAreNamed) {
  const auto refused = [&](const std::string& from, const std::string& to,
                           const std::string& message) {
    std::string text = kHeadlines;
    text.replace(text.find(from), from.size(), to);
    headlines(text);
    EXPECT_ERSATZ_ERROR(page(), ExitCode::kUsage, message);
    headlines(kHeadlines);
  };
  refused("limit = 400", "limit = -1", "performance.toml:7: 'limit' is no positive number");
  refused("limit = 400", "limti = 400", "limti");
  refused("less_is_better = true", "less_is_better = 1", "'less_is_better' is neither true nor");
  refused("counter = \"GB\"\n", "", "'less_is_better' is of a counter");
  refused("value = 50, ", "", "neither value nor file");
  refused("value = 50, from = \"elsewhere\"", "value = 50", "'from' is no text");
  refused("unit = \"images/s\"\n", "", "'unit' is no text");
  refused("program = \"a_bench\"\n", "", "'program' is no text");
  core::write_file_atomic(folder_ / "results/peers/python.json", R"({"peer": "x"})");
  EXPECT_ERSATZ_ERROR(page(), ExitCode::kUntrustedData, "python.json");
}

TEST(CommittedPerformance, ThePageIsThatOfItsFiles) {
  const fs::path root = fs::path(ERSATZ_TEST_FIXTURES).parent_path().parent_path();
  const fs::path results = root / "results" / "bench";
  const Performance performance = read_performance(root / "bench" / "performance.toml", results);
  EXPECT_EQ(core::read_file(results / "README.md"), performance_page(performance))
      << "`ersatz report` writes it";
  EXPECT_THAT(performance_page(performance), Not(HasSubstr("| not measured")));
  // Every one stands beside a peer or a limit, or says why it does not.
  for (const Headline& headline : performance.headlines) {
    EXPECT_FALSE(headline.peers.empty() && !headline.limit && headline.note.empty())
        << headline.what;
  }
}

}  // namespace
}  // namespace ersatz::report
