// Plans of experiments with settings that nobody means: they are made or refused, whatever the
// value; none is a bug in Ersatz, a crash or without end.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <tuple>

#include "core/config.h"
#include "core/project.h"
#include "experiments/run_fixture.h"
#include "support/sanitizer.h"

namespace ersatz::test {
namespace {

using core::Json;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

// In place of a value of this type.
std::vector<Json> odd_values(const Json& value) {
  if (value.is_boolean()) return {};
  if (value.is_number_integer()) return {0, -1, 1'000'000'000'000'000'000};
  if (value.is_number()) return {0.0, -1.0, 1e308};
  if (value.is_string()) return {Json(""), Json("nonsense")};
  std::vector<Json> lists = {Json::array()};
  if (value.empty()) return lists;
  lists.push_back(Json::array({value[0], value[0]}));
  for (const Json& odd : odd_values(value[0])) lists.push_back(Json::array({odd}));
  return lists;
}

// What the profiles leave out, such as lists whose values are too large for the small ones, is
// planned by others.
class OddSettings : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(OddSettings, AreRefusedOrPlanned) {
  const auto [experiment, profile] = GetParam();
  const ExperimentRun run(experiment);
  const core::Config config =
      core::Config::load(core::Project::get().experiments() / experiment, profile);
  int tried = 0, refused = 0;
  const Json settings = config.slice();
  for (const auto& [key, value] : settings.items()) {
    for (const Json& odd : odd_values(value)) {
      const CommandResult result = run.run(
          fmt::format("--profile {} --dry-run -o '{}={}'", profile, key, odd.dump()),
          kAddressSanitizer || kThreadSanitizer ? "" : "prlimit --as=8000000000 timeout 60");
      SCOPED_TRACE(fmt::format("{}={}: {}", key, odd.dump(), result.errors));
      // Planned, wrong, hostile, not there.
      EXPECT_THAT(result.exit_status, AnyOf(0, 2, 30, 40));
      EXPECT_THAT(result.errors, Not(HasSubstr("bug in Ersatz")));
      ++tried;
      refused += result.exit_status != 0 ? 1 : 0;
    }
  }
  EXPECT_GT(tried, 50);
  EXPECT_GT(refused, 5);
}

INSTANTIATE_TEST_SUITE_P(Experiments, OddSettings,
                         ::testing::Combine(::testing::Values("mnist", "fruit", "clothing",
                                                              "apples", "diffugen"),
                                            ::testing::Values("smoke", "mini")),
                         [](const auto& values) {
                           return fmt::format("{}_{}", std::get<0>(values.param),
                                              std::get<1>(values.param));
                         });

// What would be made twice under one name.
TEST(ListsOfNames, HoldNoValueTwice) {
  const std::pair<const char*, const char*> settings[] = {
      {"apples", "curve.counts=[20,20]"},
      {"apples", "detectors.families=[\"yolov8\",\"yolov8\"]"},
      {"diffugen", "scenes.objects=[1,1]"},
      {"fruit", "data.classes=[\"orange\",\"peach\",\"orange\"]"},
      {"fruit", "classifier.epochs=[5,5]"},
      {"clothing", "data.classes=[\"hat\",\"hat\"]"},
      {"clothing", "gan.snapshots=[1,1]"},
      {"mnist", "sweep.ratios=[55,55]"},
  };
  for (const auto& [experiment, setting] : settings) {
    const ExperimentRun run(experiment);
    const CommandResult result = run.run(fmt::format("--profile mini --dry-run -o '{}'", setting));
    EXPECT_EQ(result.exit_status, 2) << setting << "\n" << result.errors;
    EXPECT_THAT(result.errors, HasSubstr("twice")) << setting;
  }
}

}  // namespace
}  // namespace ersatz::test
