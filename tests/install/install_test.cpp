// `make install`: the programs run without the checkout, other projects can use the modules.
// Everything must have been built before.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/file_system.h"
#include "core/json.h"
#include "support/test_support.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* kObjects = R"({"images":[{"id":1,"height":4,"width":4}],
"categories":[{"id":1,"name":"apple"},{"id":2,"name":"pear"}],
"annotations":[
{"id":1,"image_id":1,"category_id":1,"bbox":[0,0,2,2],"area":4,"iscrowd":0,"segmentation":[[0,0,2,0,2,2]]},
{"id":2,"image_id":1,"category_id":1,"bbox":[1,1,2,2],"area":4,"iscrowd":0,"segmentation":[[1,1,3,1,3,3]]},
{"id":3,"image_id":1,"category_id":2,"bbox":[0,0,1,1],"area":1,"iscrowd":0,"segmentation":[[0,0,1,0,1,1]]}]}
)";

// Installed once for all tests of this program.
class Installed : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    install_ = new CommandResult(run_command(fmt::format(
        "'{}' --install '{}' --prefix '{}'", ERSATZ_CMAKE, ERSATZ_BUILD_DIR, prefix().string())));
  }
  static void TearDownTestSuite() {
    delete install_;
    delete folder_;
  }
  void SetUp() override { ASSERT_EQ(install_->exit_status, 0) << install_->errors; }

  // With a space, as some have it.
  static fs::path prefix() { return folder_->path() / "pre fix"; }

  // Runs an installed program far from any checkout.
  static CommandResult run(const std::string& line) {
    return run_command(
        fmt::format("cd / && env -u ERSATZ_HOME -u ERSATZ_RUNS -u ERSATZ_RESULTS "
                    "XDG_DATA_HOME='{0}/own' XDG_CACHE_HOME='{0}/cache' "
                    "'{1}/bin/'{2}",
                    folder_->path().string(), prefix().string(), line));
  }

  // Configures and builds the consumer; what was printed when it fails.
  static std::string build_consumer(const std::string& name, const std::string& options) {
    const CommandResult result = run_command(fmt::format(
        "exec 2>&1; export CMAKE_PREFIX_PATH='{3}:{4}'; '{0}' -G Ninja -S '{1}' -B '{2}' "
        "-DCMAKE_CXX_COMPILER='{5}' {6} && '{0}' --build '{2}'",
        ERSATZ_CMAKE, ERSATZ_CONSUMER, (folder_->path() / name).string(), prefix().string(),
        ERSATZ_PREFIX_PATH, ERSATZ_COMPILER, options));
    return result.exit_status == 0 ? std::string() : result.output;
  }

  static TemporaryFolder* folder_;
  static CommandResult* install_;
};

TemporaryFolder* Installed::folder_ = nullptr;
CommandResult* Installed::install_ = nullptr;

TEST_F(Installed, TheProgramFindsItsExperiments) {
  const CommandResult list = run("ersatz list --json");
  EXPECT_EQ(list.exit_status, 0) << list.errors;
  EXPECT_THAT(list.output, HasSubstr("\"mnist\""));
  const CommandResult described = run("ersatz describe mnist");
  EXPECT_EQ(described.exit_status, 0) << described.errors;
  EXPECT_EQ(run("ersatz validate").exit_status, 0) << run("ersatz validate").output;
}

TEST_F(Installed, RunsGoBelowTheUsersFolder) {
  const CommandResult plan = run("ersatz run mnist --profile smoke --dry-run");
  EXPECT_EQ(plan.exit_status, 0) << plan.errors;
  EXPECT_THAT(plan.output, HasSubstr("stages to run"));
  const CommandResult runs = run("ersatz list --runs");
  EXPECT_THAT(runs.errors, HasSubstr((folder_->path() / "own/ersatz/runs").string()));
  EXPECT_FALSE(fs::exists(prefix() / "share/ersatz/runs"));
}

TEST_F(Installed, ManualPageAndCompletions) {
  const fs::path page = prefix() / "share/man/man1/ersatz.1";
  ASSERT_TRUE(fs::exists(page));
  EXPECT_THAT(core::read_file(prefix() / "share/bash-completion/completions/ersatz"),
              HasSubstr("complete -o default -F _ersatz ersatz"));
  EXPECT_THAT(core::read_file(prefix() / "share/zsh/site-functions/_ersatz"),
              HasSubstr("#compdef ersatz\n"));
  if (run_command("command -v man").exit_status != 0) GTEST_SKIP() << "man is not installed";
  const CommandResult shown =
      run_command(fmt::format("LC_ALL=C.UTF-8 MANWIDTH=100 man --warnings -l '{}'", page.string()));
  EXPECT_EQ(shown.exit_status, 0);
  EXPECT_EQ(shown.errors, "");
  EXPECT_THAT(shown.output, HasSubstr("export-run"));
}

TEST_F(Installed, NothingNamesTheCheckout) {
  const std::string checkout = fs::path(ERSATZ_CONSUMER).parent_path().parent_path().parent_path();
  for (const auto& entry : fs::recursive_directory_iterator(prefix() / "lib")) {
    if (entry.path().extension() != ".cmake") continue;
    EXPECT_EQ(core::read_file(entry.path()).find(checkout), std::string::npos) << entry.path();
  }
}

TEST_F(Installed, AProjectUsesTheModulesWithoutLibtorch) {
  ASSERT_EQ(build_consumer("light", ""), "");
  core::write_file_atomic(folder_->path() / "objects.json", kObjects);
  const CommandResult counted = run_command(
      fmt::format("cd '{}' && light/count_objects objects.json", folder_->path().string()));
  EXPECT_EQ(counted.output, "apple 2\npear 1\n") << counted.errors;
  const CommandResult wrong =
      run_command((folder_->path() / "light/count_objects").string() + " nowhere.json");
  EXPECT_EQ(wrong.exit_status, 40);
  const CommandResult libraries =
      run_command("ldd '" + (folder_->path() / "light/count_objects").string() + "'");
  EXPECT_EQ(libraries.output.find("libtorch"), std::string::npos) << libraries.output;
}

TEST_F(Installed, AProjectUsesTheModulesWithLibtorch) {
  ASSERT_EQ(build_consumer("torch", fmt::format("-DCONSUMER_TORCH=ON -DERSATZ_TORCH='{}'",
                                                ERSATZ_TORCH_FOLDER)),
            "");
  const CommandResult result = run_command((folder_->path() / "torch/noise").string());
  EXPECT_EQ(result.output, "equal\n") << result.errors;
}

TEST_F(Installed, AnUnknownComponentIsNamed) {
  const fs::path source = folder_->path() / "wrong";
  core::write_file_atomic(source / "CMakeLists.txt",
                          "cmake_minimum_required(VERSION 3.25)\nproject(p LANGUAGES CXX)\n"
                          "find_package(ersatz REQUIRED COMPONENTS trch)\n");
  const CommandResult result = run_command(
      fmt::format("'{}' -S '{}' -B '{}' -DCMAKE_PREFIX_PATH='{}'", ERSATZ_CMAKE, source.string(),
                  (folder_->path() / "wrong-build").string(), prefix().string()));
  EXPECT_NE(result.exit_status, 0);
  EXPECT_THAT(result.errors, HasSubstr("no component 'trch'"));
}

}  // namespace
}  // namespace ersatz::test
