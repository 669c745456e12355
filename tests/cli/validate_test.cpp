// `ersatz validate`: every mistake at file:line, exit 2.
#include <gmock/gmock.h>

#include "cli/cli_fixture.h"

namespace ersatz::test {
namespace {

using core::Json;
using ::testing::HasSubstr;

constexpr const char* kCard = "experiments/toy/experiment.toml";
constexpr const char* kMini = "experiments/toy/profiles/mini.toml";
constexpr const char* kManifest = "data_manifests/toy-data.toml";

void expect_problem(const ToyProject& project, const std::string& place,
                    const std::string& message) {
  const CommandResult result = project.ersatz("validate");
  EXPECT_EQ(result.exit_status, 2) << result.output << result.errors;
  EXPECT_THAT(result.output, HasSubstr(place));
  EXPECT_THAT(result.output, HasSubstr(message));
  EXPECT_EQ(result.output.find("all sound"), std::string::npos);
}

TEST(Validate, ASoundProjectPasses) {
  const CommandResult result = ToyProject().ersatz("validate");
  EXPECT_EQ(result.exit_status, 0) << result.output << result.errors;
  EXPECT_EQ(result.output, "1 cards, 2 profiles and 1 manifests checked: all sound\n");
}

TEST(Validate, CardSyntax) {
  const ToyProject project;
  project.edit(kCard, "version = 2", "version = = 2");
  expect_problem(project, "experiment.toml:4: ", "");
}

TEST(Validate, CardUnknownKeyIsCorrected) {
  const ToyProject project;
  project.edit(kCard, "summary =", "sumary =");
  expect_problem(project, "experiment.toml:3: ", "summary");
}

TEST(Validate, CardReferences) {
  const ToyProject project;
  project.edit(kCard, "datasets = [\"toy-data\"]", "datasets = [\"toy-dta\"]");
  project.edit(kCard, "profile = \"mini\"", "profile = \"mni\"");
  expect_problem(project, "experiment.toml:5: ", "did you mean 'toy-data'?");
  expect_problem(project, "experiment.toml:36: ", "did you mean 'mini'?");
}

TEST(Validate, ProfileUnknownKeyAndWrongType) {
  const ToyProject project;
  project.edit(kMini, "steps = 10", "stesp = 10");
  expect_problem(project, "mini.toml:5: unknown key 'stesp'", "did you mean 'steps'?");
  project.edit(kMini, "stesp = 10", "steps = \"ten\"");
  expect_problem(project, "mini.toml:5: ", "'steps' must be an integer");
}

TEST(Validate, ProfileMustDescribeItself) {
  const ToyProject project;
  project.edit(kMini, "cost = \"a minute\"\n", "");
  expect_problem(project, "mini.toml:1: ", "'cost' is missing");
  project.edit(kMini, "differs = [\"Fewer steps.\"]\n", "");
  expect_problem(project, "mini.toml:1: ", "'differs' is missing");
}

TEST(Validate, ProfileDataSetsNeedManifests) {
  const ToyProject project;
  project.edit(kMini, "manifests = []", "manifests = [\"toydata\"]");
  expect_problem(project, "mini.toml:8: ", "did you mean 'toy-data'?");
}

TEST(Validate, ProfilesMiniAndPaperMustExist) {
  const ToyProject project;
  std::filesystem::remove(project.root() / kMini);
  expect_problem(project, "experiments/toy/profiles: ", "there is no profile 'mini'");
}

TEST(Validate, ManifestWithoutLicence) {
  const ToyProject project;
  project.edit(kManifest, "license = \"CC0-1.0\"\n", "");
  expect_problem(project, "toy-data.toml:", "license");
}

TEST(Validate, ManifestWithBadDigest) {
  const ToyProject project;
  project.edit(kManifest, "sha256 = \"882ae6", "sha256 = \"882AE6");
  expect_problem(project, "toy-data.toml:14: ", "sha256");
}

TEST(Validate, AFolderWithCodeNeedsACard) {
  const ToyProject project;
  project.write("experiments/later/CMakeLists.txt", "");
  expect_problem(project, "experiments/later: ", "there is no experiment.toml");
}

TEST(Validate, AllProblemsAreToldAtOnceAlsoAsJson) {
  const ToyProject project;
  project.edit(kMini, "steps = 10", "stesp = 10");
  project.edit(kManifest, "size = 5", "size = -5");
  project.edit(kCard, "date = \"2020-02-01\"", "date = \"yesterday\"");
  const CommandResult result = project.ersatz("validate --json");
  EXPECT_EQ(result.exit_status, 2);
  const Json json = Json::parse(result.output);
  EXPECT_EQ(json.at("problems").size(), 3u) << result.output;
}

TEST(Validate, OnlyWhatWasNamed) {
  const ToyProject project;
  project.edit(kManifest, "size = 5", "size = -5");
  EXPECT_EQ(project.ersatz("validate toy").exit_status, 0);
  EXPECT_EQ(project.ersatz("validate toy-data").exit_status, 2);
}

}  // namespace
}  // namespace ersatz::test
