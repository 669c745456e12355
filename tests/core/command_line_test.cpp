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

// What another program with the same options would parse from a line.
struct Sample {
  CLI::App app{"A program", "prog"};
  std::string mode;
  std::vector<std::string> prompts;
  double guidance = 0;
  bool json = false;

  Sample() {
    CLI::App* outer = app.add_subcommand("weights");
    CLI::App* inner = outer->add_subcommand("make");
    inner->add_option("mode", mode);
    inner->add_option("-p,--prompt", prompts)->allow_extra_args(false);
    inner->add_option("-g", guidance);
    inner->add_flag("--json", json);
  }
  void parse(std::vector<std::string> words) {
    words.insert(words.begin(), "prog");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    ASSERT_TRUE(parse_command_line(app, static_cast<int>(argv.size()), argv.data()));
  }
};

TEST(CommandLineWords, ParseAlike) {
  const std::vector<std::string> prompts = {"a cat", "--json", "[a, b]",
                                            "",      "x=y=z",  "line\nbreak"};
  std::vector<std::string> line = {"weights", "make", "--json", "fast"};
  for (const std::string& prompt : prompts) line.insert(line.end(), {"-p", prompt});
  line.insert(line.end(), {"-g", "-2.5"});
  Sample given, again;
  given.parse(line);
  again.parse(command_line_words(given.app));
  EXPECT_EQ(again.mode, "fast");
  EXPECT_EQ(again.prompts, prompts);
  EXPECT_EQ(again.guidance, -2.5);
  EXPECT_TRUE(again.json);
  EXPECT_EQ(command_line_words(again.app), command_line_words(given.app));
}

TEST(CommandLineWords, ThereAreNoneForAnEmptyLine) {
  Sample sample;
  sample.parse({});
  EXPECT_TRUE(command_line_words(sample.app).empty());
}

}  // namespace
}  // namespace ersatz::core
