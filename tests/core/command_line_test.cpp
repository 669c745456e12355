#include "core/command_line.h"

#include <gtest/gtest.h>

#include "core/exit_code.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

class CommandLineTest : public ::testing::Test {
 protected:
  bool parse(std::vector<std::string> words) {
    CLI::App app{"A program", "prog"};
    app.require_subcommand(1);
    CLI::App* run = app.add_subcommand("run", "Runs");
    run->add_option("--profile", profile_);
    app.add_subcommand("report", "Reports");
    words.insert(words.begin(), "prog");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    return parse_command_line(app, static_cast<int>(argv.size()), argv.data());
  }
  std::string profile_;
};

TEST_F(CommandLineTest, GoodLinesPass) {
  EXPECT_TRUE(parse({"run", "--profile", "mini"}));
  EXPECT_EQ(profile_, "mini");
}

TEST_F(CommandLineTest, MisspeltWordsAreSuggested) {
  EXPECT_ERSATZ_ERROR(parse({"run", "--profle", "mini"}), ExitCode::kUsage,
                      "did you mean '--profile'?");
  EXPECT_ERSATZ_ERROR(parse({"rnu"}), ExitCode::kUsage, "did you mean 'run'?");
}

TEST_F(CommandLineTest, MissingValueIsAUsageError) {
  EXPECT_ERSATZ_ERROR(parse({"run", "--profile"}), ExitCode::kUsage, "--profile");
}

}  // namespace
}  // namespace ersatz::core
