#include "core/command_line.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>

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

// The options of a training, more or less.
struct Training {
  CLI::App app{"A program", "prog"};
  std::int64_t seed = 0;
  std::optional<std::uint64_t> count;
  double days = 0;
  std::vector<double> shares;
  std::string out = "here", model, pictures;

  Training() {
    app.add_option("--seed", seed)->check(CLI::NonNegativeNumber);
    app.add_option("--count", count);
    app.add_option("--older-than", days)->check(CLI::NonNegativeNumber);
    app.add_option("--shares", shares)->delimiter(',');
    app.add_option("-o,--out", out);
    app.add_option("pictures", pictures);
  }
  void parse(std::vector<std::string> words) {
    words.insert(words.begin(), "prog");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    parse_command_line(app, static_cast<int>(argv.size()), argv.data());
  }
};

TEST(CommandLineValues, NumbersThatAreNoneAreRefused) {
  const auto refused = [](const char* name, const char* value, const char* text) {
    EXPECT_ERSATZ_ERROR(Training().parse({name, value}), ExitCode::kUsage, text);
  };
  refused("--seed", "99999999999999999999", "--seed: '99999999999999999999' is beyond");
  refused("--seed", "9223372036854775808", "--seed");
  refused("--seed", "", "--seed");
  refused("--count", "", "--count: '' is no whole number");
  refused("--count", "99999999999999999999", "--count");
  refused("--count", "-1", "--count: '-1' is beyond");
  refused("--older-than", "nan", "--older-than: 'nan' is no finite number");
  refused("--older-than", "inf", "--older-than");
  refused("--older-than", "1e400", "--older-than");
  refused("--shares", "0.5,nan", "--shares: 'nan'");

  Training good;
  good.parse({"--seed", "9223372036854775807", "--count", "18446744073709551615", "--older-than",
              "1e-400", "--shares", "0.5,-1"});
  EXPECT_EQ(good.seed, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(good.count, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(good.days, 0);
  EXPECT_EQ(good.shares, (std::vector<double>{0.5, -1}));
}

TEST(CommandLineValues, AnEmptyPathIsNoPlaceToWriteTo) {
  EXPECT_ERSATZ_ERROR(Training().parse({"--out", ""}), ExitCode::kUsage,
                      "--out: the path is empty");
  EXPECT_ERSATZ_ERROR(Training().parse({"-o", ""}), ExitCode::kUsage, "--out: the path is empty");
  Training good;
  good.parse({"--out", ".", "pictures"});
  EXPECT_EQ(good.out, ".");
}

// Those of the sub-command that was reached, and of the one around it.
TEST(CommandLineValues, SubCommandsAreLookedAt) {
  CLI::App app{"A program", "prog"};
  std::int64_t outer = 0, inner = 0;
  CLI::App* make = app.add_subcommand("weights");
  make->add_option("--outer", outer);
  make->add_subcommand("make")->add_option("--inner", inner);
  for (const char* name : {"--outer", "--inner"}) {
    std::vector<std::string> words = {"prog", "weights"};
    if (std::string(name) == "--inner") words.emplace_back("make");
    words.insert(words.end(), {name, "99999999999999999999"});
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    EXPECT_ERSATZ_ERROR(parse_command_line(app, static_cast<int>(argv.size()), argv.data()),
                        ExitCode::kUsage, name);
  }
}

TEST(CommandLineValues, AMissingOptionIsNamedBesideADoubleDash) {
  Training training;
  training.app.add_option("--model", training.model)->required();
  EXPECT_ERSATZ_ERROR(training.parse({"--", "pictures"}), ExitCode::kUsage, "--model is required");
  EXPECT_ERSATZ_ERROR(training.parse({"--", "pictures", "more"}), ExitCode::kUsage,
                      "unknown argument 'more'");
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
