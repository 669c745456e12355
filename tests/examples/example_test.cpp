// The worked example: it is what the documentation shows, its card is valid, it runs, resumes
// nothing that is finished, and its claim is judged.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/file_system.h"
#include "core/json.h"
#include "core/metrics.h"
#include "support/test_support.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using core::Json;
using ::testing::HasSubstr;

const fs::path kSource = ERSATZ_SOURCE_DIR;

// A project that holds nothing but the example.
class Example : public ::testing::Test {
 protected:
  Example() {
    fs::create_directories(folder_ / "project/data_manifests");
    fs::create_directories(folder_ / "project/experiments");
    fs::copy(kSource / "examples/more-digits", folder_ / "project/experiments/more-digits",
             fs::copy_options::recursive);
  }
  CommandResult ersatz(const std::string& arguments) const {
    return run_command(fmt::format(
        "cd '{0}' && ERSATZ_HOME='{0}/project' ERSATZ_RUNS='{0}/runs' ERSATZ_RESULTS='{0}/results' "
        "ERSATZ_CACHE='{0}/cache' '{1}/ersatz' {2}",
        folder_.path().string(), ERSATZ_BIN_DIR, arguments));
  }
  TemporaryFolder folder_;
};

TEST_F(Example, TheDocumentationShowsTheFilesThatAreBuilt) {
  const std::string page = core::read_file(kSource / "docs/add-experiment.md");
  for (const char* file : {"experiment.toml", "more_digits.cpp", "CMakeLists.txt",
                           "profiles/paper.toml", "profiles/mini.toml"}) {
    EXPECT_NE(page.find(core::read_file(kSource / "examples/more-digits" / file)),
              std::string::npos)
        << "docs/add-experiment.md does not show examples/more-digits/" << file
        << " as it is; scripts/show_example.sh puts it there";
  }
}

TEST_F(Example, ItsCardIsValid) {
  const CommandResult result = ersatz("validate");
  EXPECT_EQ(result.exit_status, 0) << result.output << result.errors;
  EXPECT_THAT(ersatz("describe more-digits").output,
              HasSubstr("The error falls as the training set grows."));
}

TEST_F(Example, ItRunsAndItsClaimIsJudged) {
  const CommandResult first = ersatz("run more-digits --profile smoke --progress none");
  ASSERT_EQ(first.exit_status, 0) << first.errors;
  const fs::path results = folder_ / "results/more-digits/smoke";
  const auto metrics =
      core::MetricTable::from_json(core::read_json(results / "metrics.json").at("metrics"));
  const core::Metric* few = metrics.find_address("error@10");
  const core::Metric* many = metrics.find_address("error@400");
  ASSERT_TRUE(few != nullptr && many != nullptr);
  EXPECT_EQ(few->sample_count, 300);
  EXPECT_LT(many->values.at(0), few->values.at(0));
  const Json verdicts = core::read_json(results / "verdicts.json");
  EXPECT_EQ(verdicts.at("claims").at(0).at("claim"), "error_falls");
  EXPECT_EQ(verdicts.at("claims").at(0).at("status"), "reproduced");
  EXPECT_TRUE(fs::exists(results / "tables/curve.tex"));
  const CommandResult again = ersatz("run more-digits --profile smoke --dry-run");
  EXPECT_THAT(again.output, HasSubstr("0 stages to run"));
  const CommandResult changed =
      ersatz("run more-digits --profile smoke --dry-run -o classifier.steps=70");
  EXPECT_THAT(changed.output, HasSubstr("classifier.steps: 60 -> 70"));
  const CommandResult too_many =
      ersatz("run more-digits --profile smoke --dry-run -o 'sweep.sizes=[100000]'");
  EXPECT_EQ(too_many.exit_status, 2);
  EXPECT_THAT(too_many.errors, HasSubstr("sweep.sizes has 100000"));
  const CommandResult twice =
      ersatz("run more-digits --profile smoke --dry-run -o 'sweep.sizes=[50, 50]'");
  EXPECT_EQ(twice.exit_status, 2);
  EXPECT_THAT(twice.errors, HasSubstr("sweep.sizes lists 50 twice"));
  const CommandResult exported = ersatz("export-run more-digits/smoke --to tensorboard logs");
  EXPECT_EQ(exported.exit_status, 0) << exported.errors;
  EXPECT_THAT(exported.output, HasSubstr("FINISHED, 3 metrics"));
  EXPECT_EQ(exported.output.find(", 0 curves"), std::string::npos) << exported.output;
}

}  // namespace
}  // namespace ersatz::test
