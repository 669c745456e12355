// An experiment on several ranks: rank 0 runs it, all train its classifiers.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "cli/cli_fixture.h"
#include "core/file_system.h"
#include "ranks/rank_processes.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string command(const TemporaryFolder& folder) {
  return fmt::format(
      "env ERSATZ_HOME={1} ERSATZ_RUNS={0}/runs ERSATZ_RESULTS={0}/results ERSATZ_CACHE={0}/data "
      "{2}/reproduce-mnist --profile smoke -o replicates=1 -o gan.steps=2 --parts 2 --threads 1 "
      "--progress none",
      folder.path().string(), source_root().string(), ERSATZ_BIN_DIR);
}

// The one metrics.json below the folder of runs.
std::string metrics(const TemporaryFolder& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder / "runs")) {
    if (entry.path().filename() == "metrics.json") return core::read_file(entry.path());
  }
  return {};
}

TEST(RankExperiments, MnistHasTheSameMetricsFromOneProcessAndTwoRanks) {
  const TemporaryFolder alone, together;
  const CommandResult one = run_command(command(alone));
  ASSERT_EQ(one.exit_status, 0) << one.errors;
  ASSERT_THAT(metrics(alone), HasSubstr("corrected."));
  RankProcesses ranks(2, command(together));
  const auto results = ranks.wait(240);
  for (const CommandResult& result : results)
    ASSERT_EQ(result.exit_status, 0) << all_errors(results);
  EXPECT_EQ(metrics(together), metrics(alone));
  EXPECT_EQ(results[1].output, "") << "rank 0 alone reports";
}

}  // namespace
}  // namespace ersatz::test
