// `ersatz doctor`.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "cli/cli_fixture.h"

namespace ersatz::test {
namespace {

using core::Json;
using ::testing::HasSubstr;
using ::testing::Not;

Json finding(const Json& report, const std::string& name) {
  for (const Json& item : report.at("findings")) {
    if (item.at("name") == name) return item;
  }
  ADD_FAILURE() << "no finding " << name << " in\n" << report.dump(2);
  return {{"level", ""}, {"text", ""}, {"fix", ""}};
}

TEST(Doctor, ReadyWhenEverythingForMiniIsThere) {
  ToyProject project;
  project.use_own_program();
  const CommandResult result = project.ersatz("doctor --json");
  const Json json = Json::parse(result.output);
  EXPECT_EQ(finding(json, "experiment toy").at("level"), "ok");
  for (const char* name : {"build", "CPU", "system", "BLAS", "GPU", "disk for runs"}) {
    EXPECT_NE(finding(json, name).at("text"), "");
  }
  // Only profile paper reads it.
  const Json data = finding(json, "data toy-data");
  EXPECT_EQ(data.at("level"), "note");
  EXPECT_EQ(data.at("fix"), "ersatz fetch toy-data");
  EXPECT_THAT(data.at("text").get<std::string>(), HasSubstr("example.org"));
  EXPECT_EQ(json.at("ready"), true) << result.output;
  EXPECT_EQ(result.exit_status, 0);
}

// `ersatz fetch` alone would exit with 40.
TEST(Doctor, DataWithoutAnAddressIsPutIntoAMirror) {
  ToyProject project;
  project.use_own_program();
  project.write("data_manifests/by-hand.toml", R"(id = "by-hand"
title = "Photographs"
version = "1"
homepage = "https://example.org/"
citation = "@misc{photos}"
kind = "files"
license = "CC0-1.0"
license_url = "https://example.org"
redistribution = "No."
mirror_folder = "photos"
obtain = "Ask for them."

[[file]]
path = "train.zip"
size = 3
sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
)");
  const auto of = [&](const std::string& environment) {
    return finding(Json::parse(project.ersatz("doctor --json", environment).output),
                   "data by-hand");
  };
  Json data = of("");
  EXPECT_EQ(data.at("text"),
            "not here; to be provided by hand, as DIR/photos/train.zip: Ask for them.");
  EXPECT_EQ(data.at("fix"), "ERSATZ_MIRROR=DIR ersatz fetch by-hand");
  const TemporaryFolder mirror;
  write_text(mirror / "photos/train.zip", "abc");
  const std::string set = "ERSATZ_MIRROR='" + mirror.path().string() + "' ";
  data = of(set);
  EXPECT_EQ(data.at("fix"), "ersatz fetch by-hand");
  EXPECT_EQ(project.ersatz("fetch by-hand --offline", set).exit_status, 0);
}

// Every variable that docs/config.md names is one that doctor knows.
TEST(Doctor, KnowsTheDocumentedVariables) {
  const std::string page = read_text(source_root() / "docs/config.md");
  std::set<std::string> names;
  for (std::size_t at = page.find("ERSATZ_"); at != std::string::npos;
       at = page.find("ERSATZ_", at + 1)) {
    names.insert(page.substr(at, page.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", at) - at));
  }
  EXPECT_GE(names.size(), 8U);
  std::string environment;
  for (const std::string& name : names) {
    if (name.find("HOME") == std::string::npos) environment += name + "=2 ";
  }
  const CommandResult result = ToyProject().ersatz("doctor", environment);
  EXPECT_THAT(result.output, Not(HasSubstr("nobody reads this variable"))) << result.output;
  EXPECT_THAT(ToyProject().ersatz("doctor", "ERSATZ_THREDS=2").output,
              HasSubstr("ERSATZ_THREADS is one that is read"));
}

TEST(Doctor, EveryProblemHasAFix) {
  const CommandResult result = ersatz_here("doctor --json");
  const Json json = Json::parse(result.output);
  bool missing = false;
  for (const Json& item : json.at("findings")) {
    missing = missing || item.at("level") == "missing";
    const bool has_fix = item.contains("fix");
    EXPECT_TRUE(has_fix || item.at("level") != "missing") << item.dump(2);
    EXPECT_FALSE(has_fix && item.at("level") == "ok") << item.dump(2);
  }
  EXPECT_EQ(result.exit_status, missing ? 40 : 0);
  EXPECT_EQ(json.at("ready"), !missing);
}

TEST(Doctor, AnExperimentThatIsNotBuiltIsMissing) {
  ToyProject project;
  project.use_own_program();
  std::filesystem::remove(project.bin() / "reproduce-toy");
  const CommandResult result = project.ersatz("doctor");
  EXPECT_EQ(result.exit_status, 40);
  EXPECT_THAT(result.output, HasSubstr("missing  experiment toy"));
  EXPECT_THAT(result.output, HasSubstr("-> make build"));
  EXPECT_THAT(result.output, HasSubstr("1 thing that profile mini needs is missing"));
}

TEST(Doctor, DataThatMiniReadsIsMissing) {
  ToyProject project;
  project.use_own_program();
  project.edit("experiments/toy/profiles/mini.toml", "manifests = []",
               "manifests = [\"toy-data\"]");
  const CommandResult result = project.ersatz("doctor --json");
  EXPECT_EQ(result.exit_status, 40);
  EXPECT_EQ(finding(Json::parse(result.output), "data toy-data").at("level"), "missing");
}

constexpr const char* kFonts = R"(id = "toy-fonts"
kind = "debian-packages"
title = "Toy fonts"
version = "1"
redistribution = "Free."

[[package]]
name = "fonts-toy"
license = "OFL-1.1"
[[package.file]]
path = "/usr/share/fonts/toy/none.ttf"
sha256 = "40b77688adac33d2a19d080d721afd5cb6b12b7c3ef523c354ed8ec5da4e440f"
)";

TEST(Doctor, FontsAreNamedWithTheirPackage) {
  ToyProject project;
  project.use_own_program();
  project.write("data_manifests/toy-fonts.toml", kFonts);
  const Json fonts = finding(Json::parse(project.ersatz("doctor --json").output), "data toy-fonts");
  EXPECT_EQ(fonts.at("level"), "note");
  EXPECT_EQ(fonts.at("fix"), "make deps");
  EXPECT_THAT(fonts.at("text").get<std::string>(), HasSubstr("fonts-toy"));
}

// Ten files every Debian has stand for installed fonts; an eleventh is not there.
TEST(Doctor, APartOfTheFontsIsEnoughForAProfileThatSaysSo) {
  std::string manifest = kFonts;
  int present = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/share/common-licenses")) {
    if (!entry.is_regular_file() || present == 10) continue;
    manifest += "[[package.file]]\npath = \"" + entry.path().string() + "\"\nsha256 = \"" +
                std::string(64, '0') + "\"\n";
    ++present;
  }
  if (present < 10) GTEST_SKIP() << "fewer than ten files in /usr/share/common-licenses";
  ToyProject project;
  project.use_own_program();
  project.write("data_manifests/toy-fonts.toml", manifest);
  project.edit("experiments/toy/profiles/paper.toml", "[data]",
               "[toy-fonts]\nallow_partial = false\n[data]");
  project.edit("experiments/toy/profiles/mini.toml", "manifests = []",
               "manifests = [\"toy-fonts\"]");
  EXPECT_EQ(project.ersatz("doctor").exit_status, 40);
  project.edit("experiments/toy/profiles/mini.toml", "[data]",
               "[toy-fonts]\nallow_partial = true\n[data]");
  const CommandResult result = project.ersatz("doctor --json");
  EXPECT_EQ(result.exit_status, 0) << result.output;
  const Json fonts = finding(Json::parse(result.output), "data toy-fonts");
  EXPECT_EQ(fonts.at("level"), "note");
  EXPECT_THAT(fonts.at("text").get<std::string>(), HasSubstr("profile mini goes on"));
}

TEST(Doctor, VariablesAreShownAndMisspeltOnesNoticed) {
  ToyProject project;
  project.use_own_program();
  const Json json = Json::parse(
      project.ersatz("doctor --json", "ERSATZ_MIROR=/x ERSATZ_MIRROR=/nonexistent").output);
  const Json misspelt = finding(json, "ERSATZ_MIROR");
  EXPECT_EQ(misspelt.at("level"), "note");
  EXPECT_THAT(misspelt.at("text").get<std::string>(), HasSubstr("ERSATZ_MIRROR is one"));
  const auto& findings = json.at("findings");
  EXPECT_TRUE(std::any_of(findings.begin(), findings.end(), [](const Json& item) {
    return item.at("text") == "the folder /nonexistent does not exist";
  }));
}

TEST(Doctor, ASlowKernelChosenByTheUserIsNoticed) {
  ToyProject project;
  project.use_own_program();
  const Json json =
      Json::parse(project.ersatz("doctor --json", "OPENBLAS_CORETYPE=Prescott").output);
  for (const Json& item : json.at("findings")) {
    if (item.at("name") != "OpenBLAS kernels") continue;
    if (item.at("text").get<std::string>().rfind("Prescott:", 0) != 0) break;
    EXPECT_EQ(item.at("level"), "note");
    EXPECT_THAT(item.at("fix").get<std::string>(), HasSubstr("export OPENBLAS_CORETYPE="));
    return;
  }
  GTEST_SKIP() << "no OpenBLAS here, or no faster kernels than Prescott's";
}

TEST(Doctor, WithoutGnuplotPlotsAreOnlyANote) {
  ToyProject project;
  project.use_own_program();
  const CommandResult result = project.ersatz("doctor --json", "PATH=/nonexistent");
  const Json gnuplot = finding(Json::parse(result.output), "gnuplot");
  EXPECT_EQ(gnuplot.at("level"), "note");
  EXPECT_THAT(gnuplot.at("fix").get<std::string>(), HasSubstr("gnuplot-nox"));
  EXPECT_EQ(result.exit_status, 0);
  const Json named =
      finding(Json::parse(project.ersatz("doctor --json", "ERSATZ_GNUPLOT=/nonexistent/g").output),
              "gnuplot");
  EXPECT_THAT(named.at("text").get<std::string>(), HasSubstr("/nonexistent/g is not installed"));
}

}  // namespace
}  // namespace ersatz::test
