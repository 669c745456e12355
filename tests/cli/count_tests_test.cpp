// scripts/count_tests.awk: what `make test` says at its end.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "cli/cli_fixture.h"

namespace ersatz::test {
namespace {

// An entry of CTest's record.
std::string entry(const std::string& name, const std::string& output) {
  return fmt::format(
      "1/9 Testing: {0}\n1/9 Test: {0}\nOutput:\n----\n{1}<end of output>\nTest time =   0.03 sec\n"
      "----\nTest Passed.\n\"{0}\" end time: Nov 28 02:08 UTC\n",
      name, output);
}

std::string count(const std::string& record, const std::string& log, int exit_status) {
  const TemporaryFolder folder;
  write_text(folder / "LastTest.log", record);
  write_text(folder / "test.log", log);
  const CommandResult result = run_command(
      fmt::format("awk -f '{}/scripts/count_tests.awk' '{}' '{}'", source_root().string(),
                  (folder / "LastTest.log").string(), (folder / "test.log").string()));
  EXPECT_EQ(result.exit_status, exit_status) << result.errors;
  return result.output;
}

TEST(CountTests, CountsTheTestsOfEachProgram) {
  const std::string record =
      entry("suites.A",
            "[ RUN      ] A.One\n[       OK ] A.One (3 ms)\n[ RUN      ] A.Two\nwhy not\n"
            "[  SKIPPED ] A.Two (0 ms)\n[  PASSED  ] 1 test.\n[  SKIPPED ] 1 test, listed below:\n"
            "[  SKIPPED ] A.Two\n") +
      entry(
          "suites.B/0",
          "[ RUN      ] B/0.One\n[  FAILED  ] B/0.One, where GetParam() = 4 (10 ms)\n"
          "[ RUN      ] B/0.Two\n[       OK ] B/0.Two (3 ms)\n[  FAILED  ] 1 test, listed below:\n"
          "[  FAILED  ] B/0.One, where GetParam() = 4\n") +
      entry("script", "[       OK ] no test of GoogleTest\n") +
      entry("one.C/0  # GetParam() = 4-byte object <01-00 ...>",
            "[ RUN      ] C/0.One\n[       OK ] C/0.One (3 ms)\n");
  const std::string log =
      "      Start  1: suites.A\n1/4 Test #1: suites.A .....   Passed    0.01 sec\n"
      "2/4 Test #2: suites.B/0 ...***Failed    0.01 sec\n[ RUN      ] B/0.One\n"
      "3/4 Test #3: script .......   Passed    1.00 sec\n"
      "4/4 Test #4: one.C/0  # GetParam() = 4-byte object <01-00 ...> .......   Passed    7.31 "
      "sec\n";
  EXPECT_EQ(count(record, log, 1),
            "skipped (each says why when run alone):\n  suites.A.Two\nfailed:\n  suites.B/0.One\n"
            "4 passed, 1 failed, 1 skipped\n");
}

TEST(CountTests, AProgramThatEndedInATestHasFailed) {
  const std::string record =
      entry("suites.A", "[ RUN      ] A.One\n[       OK ] A.One (3 ms)\n[ RUN      ] A.Two\n") +
      entry("suites.B", "[ RUN      ] B.One\n") + entry("suites.C", "") +
      entry("late", "[ RUN      ] D.One\n[       OK ] D.One (3 ms)\n") +
      entry("content", "[ RUN      ] E.One\n");
  const std::string log =
      "1/4 Test #1: suites.A ....***Exception: SegFault  0.04 sec\n"
      "2/4 Test #2: suites.B ....***Timeout   1.00 sec\n"
      "3/4 Test #3: suites.C ....***Not Run   0.00 sec\n"
      "4/4 Test #4: late ........Subprocess aborted***Exception:   0.02 sec\n"
      "5/5 Test #5: content .....   Passed    0.02 sec\n";
  EXPECT_EQ(
      count(record, log, 1),
      "failed:\n  suites.A: ended in suites.A.Two\n  suites.B: ended in suites.B.One\n"
      "  suites.C\n  late\n  content: ended in content.E.One\n2 passed, 5 failed, 0 skipped\n");
}

TEST(CountTests, SkippedEntries) {
  const std::string record = entry("one", "[ RUN      ] A.One\n[  SKIPPED ] A.One (0 ms)\n") +
                             entry("script", "no Slurm here\n");
  const std::string log =
      "1/2 Test #1: one ......***Skipped   0.01 sec\n2/2 Test #2: script ...***Skipped   0.01 "
      "sec\n";
  EXPECT_EQ(count(record, log, 0),
            "skipped (each says why when run alone):\n  one.A.One\n  script\n"
            "0 passed, 0 failed, 2 skipped\n");
}

}  // namespace
}  // namespace ersatz::test
