// Profile `mini`, run again without a cache, passes the gates of the committed results.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/json.h"
#include "experiments/run_fixture.h"

namespace ersatz::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class MiniGates : public ::testing::TestWithParam<const char*> {};

TEST_P(MiniGates, HoldWhenItIsRunAgain) {
  const ExperimentRun experiment(GetParam());
  const CommandResult run = experiment.run("--profile mini --offline");
  ASSERT_EQ(run.exit_status, 0) << run.errors;
  const CommandResult check = run_command(
      fmt::format("ERSATZ_RESULTS={}/results {}/ersatz check {} --profile mini --json",
                  experiment.folder().string(), ERSATZ_BIN_DIR, GetParam()));
  EXPECT_EQ(check.exit_status, 0) << check.output << check.errors;
  EXPECT_THAT(check.output, HasSubstr("PASS"));
  EXPECT_THAT(check.output, Not(HasSubstr("UNMEASURED")));
  // They are those of this run: the committed ones have another commit or time.
  EXPECT_TRUE(std::filesystem::exists(experiment.results("mini") / "metrics.json"));
}

INSTANTIATE_TEST_SUITE_P(Experiments, MiniGates, ::testing::Values("clothing", "fruit", "mnist"),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace ersatz::test
