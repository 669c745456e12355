// `ersatz tokenize`.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <sstream>

#include "cli/cli_fixture.h"
#include "core/json.h"
#include "generate/diffusion/made_up_vocabulary.h"

namespace ersatz::test {
namespace {

namespace fs = std::filesystem;
using core::Json;
using ::testing::HasSubstr;

class Tokenize : public ::testing::Test {
 protected:
  Tokenize() { write_made_up_tokenizer(folder_ / "model/tokenizer"); }
  CommandResult tokenize(const std::string& input, const std::string& arguments) {
    write_text(folder_ / "in.txt", input);
    return run_command(fmt::format("cd '{}' && '{}/ersatz' tokenize {} < in.txt",
                                   folder_.path().string(), ERSATZ_BIN_DIR, arguments));
  }
  TemporaryFolder folder_;
};

TEST_F(Tokenize, OneLineOneArray) {
  const CommandResult result = tokenize("a cat\n\nCAT", "--model model");
  EXPECT_EQ(result.exit_status, 0) << result.errors;
  // "a</w>" is the 65th of the bytes that end a word; "cat</w>" the 9th merge.
  EXPECT_EQ(result.output, "[533,320,520,534]\n[533,534]\n[533,520,534]\n");
  EXPECT_EQ(result.errors, "");
  EXPECT_EQ(tokenize("a cat\n", "--model model/tokenizer").output, "[533,320,520,534]\n");
}

TEST_F(Tokenize, TokensAndWhatWasCut) {
  const CommandResult result = tokenize("cat cat cat dog\n", "--model model --tokens --length 4");
  const Json line = Json::parse(result.output);
  EXPECT_EQ(line.at("ids"), Json({533, 520, 520, 534}));
  EXPECT_EQ(line.at("tokens"), Json({"<|startoftext|>", "cat</w>", "cat</w>", "<|endoftext|>"}));
  EXPECT_THAT(line.at("truncated").get<std::string>(), HasSubstr("dog"));
  EXPECT_THAT(result.errors, HasSubstr("line 1: longer than 4 tokens"));
}

TEST_F(Tokenize, Mistakes) {
  EXPECT_EQ(tokenize("fine\ncaf\xe9\n", "--model model").exit_status, 2);
  EXPECT_THAT(tokenize("fine\ncaf\xe9\n", "--model model").errors,
              HasSubstr("line 2 of the input"));
  EXPECT_EQ(tokenize("x", "--model none").exit_status, 40);
  EXPECT_EQ(tokenize("x", "--vocabulary none.txt.gz").exit_status, 40);
  EXPECT_EQ(tokenize("x", "").exit_status, 2);
  write_text(folder_ / "model/tokenizer/vocab.json", "{\"a\": 1, \"a\": 2}");
  EXPECT_EQ(tokenize("x", "--model model").exit_status, 30);
}

// The other lines would be far above it.
TEST_F(Tokenize, AWarningShowsTheBeginningOfWhatWasCut) {
  std::string much;
  for (int i = 0; i < 20'000; ++i) much += "cat ";
  const CommandResult result = tokenize(much + "\n", "--model model");
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.errors, HasSubstr("cut off: \"cat cat"));
  EXPECT_LT(result.errors.size(), 400U);
}

TEST_F(Tokenize, WhatCannotBeReadIsSaid) {
  const auto from = [&](const char* input) {
    return run_command(fmt::format("cd '{}' && '{}/ersatz' tokenize --model model <{}",
                                   folder_.path().string(), ERSATZ_BIN_DIR, input));
  };
  EXPECT_EQ(from("/").exit_status, 2);
  EXPECT_THAT(from("/").errors, HasSubstr("cannot read standard input: Is a directory"));
  EXPECT_NE(from("&-").exit_status, 0);
  EXPECT_EQ(from("/dev/null").exit_status, 0);
}

TEST_F(Tokenize, EqualsTransformers) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures/tokenizer");
  const Json recorded = core::read_json(fixtures / "prompts_full_vocab.json");
  const fs::path model = fixtures.parent_path() / "models/tiny";
  std::string input;
  std::vector<Json> expected;
  for (const Json& row : recorded.at("rows")) {
    const auto text = row.at("text").get<std::string>();
    if (text.find('\n') != std::string::npos || text.find('\0') != std::string::npos) continue;
    Json ids = row.contains("ids_fast_emul") ? row.at("ids_fast_emul") : row.at("ids_ftfy");
    if (ids.size() > 77) {  // the first 76, then the end
      const Json end = ids.back();
      ids.erase(ids.begin() + 76, ids.end());
      ids.push_back(end);
    }
    input += text + "\n";
    expected.push_back(std::move(ids));
  }
  ASSERT_GT(expected.size(), 1600u);
  const CommandResult result = tokenize(input, "--model '" + model.string() + "'");
  ASSERT_EQ(result.exit_status, 0) << result.errors;
  std::istringstream lines(result.output);
  std::string line;
  for (const Json& ids : expected) {
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(line, ids.dump());
  }
  EXPECT_FALSE(std::getline(lines, line));
}

TEST_F(Tokenize, StartsAtOnce) {
  // It does not load libtorch: that alone would take longer.
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(tokenize("a cat\n", "--model model").exit_status, 0);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(taken.count(), 0.3);
}

}  // namespace
}  // namespace ersatz::test
