// Experiments on several ranks: rank 0 runs them, all train their networks.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <ostream>

#include "cli/cli_fixture.h"
#include "core/file_system.h"
#include "ranks/rank_processes.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct Shared {
  const char* experiment;
  const char* overrides;
  const char* metric;  // one that it has
};
void PrintTo(const Shared& shared, std::ostream* out) { *out << shared.experiment; }

std::string command(const TemporaryFolder& folder, const Shared& shared) {
  return fmt::format(
      "env ERSATZ_HOME={1} ERSATZ_RUNS={0}/runs ERSATZ_RESULTS={0}/results ERSATZ_CACHE={0}/data "
      "{2}/reproduce-{3} --profile smoke {4} --parts 2 --threads 1 --progress none",
      folder.path().string(), source_root().string(), ERSATZ_BIN_DIR, shared.experiment,
      shared.overrides);
}

// The one metrics.json: of the results or, with overrides, of the run.
std::string metrics(const TemporaryFolder& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    if (entry.path().filename() == "metrics.json") return core::read_file(entry.path());
  }
  return {};
}

// What was learnt, by stage.
std::map<std::string, std::string> weights(const TemporaryFolder& folder) {
  std::map<std::string, std::string> files;
  const fs::path cache = folder / "runs" / "cache";
  for (const auto& entry : fs::recursive_directory_iterator(cache)) {
    if (entry.path().extension() != ".safetensors") continue;
    files[fs::relative(entry.path(), cache).string()] = core::read_file(entry.path());
  }
  return files;
}

class RankExperiments : public ::testing::TestWithParam<Shared> {};

TEST_P(RankExperiments, HaveTheSameMetricsFromOneProcessAndTwoRanks) {
  const TemporaryFolder alone, together;
  const CommandResult one = run_command(command(alone, GetParam()));
  ASSERT_EQ(one.exit_status, 0) << one.errors;
  ASSERT_THAT(metrics(alone), HasSubstr(GetParam().metric));
  const auto learnt = weights(alone);
  ASSERT_FALSE(learnt.empty());
  RankProcesses ranks(2, command(together, GetParam()));
  const auto results = ranks.wait(240);
  for (const CommandResult& result : results)
    ASSERT_EQ(result.exit_status, 0) << all_errors(results);
  EXPECT_EQ(metrics(together), metrics(alone));
  EXPECT_TRUE(weights(together) == learnt);
  EXPECT_EQ(results[1].output, "") << "rank 0 alone reports";
}
INSTANTIATE_TEST_SUITE_P(
    All, RankExperiments,
    ::testing::Values(Shared{"mnist", "-o replicates=1 -o gan.steps=2", "corrected."},
                      Shared{"fruit", "-o classifier.image_size=64 -o classifier.resize=72",
                             "copy_paste."},
                      Shared{"apples", "", "test.yolov8.real.ap"},
                      Shared{"diffugen", "", "segmenter"}),
    [](const auto& instance) { return std::string(instance.param.experiment); });

// Before they join: there is nobody whom this rank could meet.
TEST(RankKeepGoing, IsRefusedByRanks) {
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& options) {
    const CommandResult result = run_command(fmt::format(
        "env RANK=1 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT={} ERSATZ_HOME={} "
        "ERSATZ_RUNS={}/runs timeout 10 {}/reproduce-mnist {}",
        free_port(), source_root().string(), folder.path().string(), ERSATZ_BIN_DIR, options));
    EXPECT_EQ(result.exit_status, 2) << result.errors;
    EXPECT_THAT(result.errors, HasSubstr("--keep-going is for one process"));
  };
  refused("--profile smoke --keep-going");
  // A run remembers how it was started.
  write_text(folder / "run" / "run.json",
             R"({"experiment": "mnist", "profile": "smoke", "overrides": [], "seed": null,)"
             R"( "device": "auto", "keep_going": true, "only": ""})");
  refused("--resume " + (folder / "run").string());
}

}  // namespace
}  // namespace ersatz::test
