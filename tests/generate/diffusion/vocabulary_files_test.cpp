#include <gtest/gtest.h>

#include "core/file_system.h"
#include "core/json.h"
#include "generate/diffusion/made_up_vocabulary.h"
#include "generate/diffusion/tokenizer/clip_tokenizer.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

constexpr auto kUntrusted = core::ExitCode::kUntrustedData;

class VocabularyFilesTest : public ::testing::Test {
 protected:
  VocabularyFilesTest() { test::write_made_up_tokenizer(folder_.path()); }

  void write(const std::string& name, const std::string& text) {
    core::write_file_atomic(folder_ / name, text);
  }
  void edit_vocabulary(const std::string& from, const std::string& to) {
    std::string text = core::read_file(folder_ / "vocab.json");
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    write("vocab.json", text.replace(at, from.size(), to));
  }
  void refused(const std::string& what) {
    EXPECT_ERSATZ_ERROR(ClipTokenizer::load(folder_.path()), kUntrusted, what);
  }

  test::TemporaryFolder folder_;
};

TEST_F(VocabularyFilesTest, MissingFilesAreNamed) {
  std::filesystem::remove(folder_ / "merges.txt");
  EXPECT_ERSATZ_ERROR(ClipTokenizer::load(folder_.path()), core::ExitCode::kMissing, "merges.txt");
  std::filesystem::remove(folder_ / "vocab.json");
  EXPECT_ERSATZ_ERROR(ClipTokenizer::load(folder_.path()), core::ExitCode::kMissing, "vocab.json");
  EXPECT_ERSATZ_ERROR(ClipTokenizer::load_openai(folder_ / "no.gz"), core::ExitCode::kMissing,
                      "no.gz");
}

TEST_F(VocabularyFilesTest, SettingsMayBeAbsent) {
  std::filesystem::remove(folder_ / "tokenizer_config.json");
  std::filesystem::remove(folder_ / "special_tokens_map.json");
  const ClipTokenizer tokenizer = ClipTokenizer::load(folder_.path());
  EXPECT_EQ(tokenizer.bos(), tokenizer.size() - 2);
  EXPECT_EQ(tokenizer.pad(), tokenizer.eos());
}

TEST_F(VocabularyFilesTest, RefusesBrokenVocabularies) {
  edit_vocabulary("\"!\"", "\"\\\"\"");
  refused("token \"\\\"\" appears twice");
  write("vocab.json", "{\"a\": 0, \"b\": 2}");
  refused("token \"b\" has id 2; the 2 ids must be 0 .. 1");
  write("vocab.json", "{\"a\": 1, \"b\": 1}");
  refused("id 1 is that of \"a\" and of \"b\"");
  write("vocab.json", "{\"a\": 0, \"b\": -1}");
  refused("token \"b\" has an impossible id");
  write("vocab.json", "{\"a\": 0, \"b\": 18446744073709551615}");
  refused("token \"b\" has an impossible id");
  write("vocab.json", "{\"a\": 0, \"b\": 1.0}");
  refused("token \"b\" has no integer id");
  write("vocab.json", "{\"a\": {\"b\": 0}}");
  refused("token \"a\" has no integer id");
  write("vocab.json", "{\"\": 0}");
  refused("an empty token");
  write("vocab.json", "[1, 2]");
  refused("not an object of tokens");
  write("vocab.json", "{\"a\": 0} ");
  refused("merges.txt:2: token \"l\" is not in the vocabulary");
  write("vocab.json", "{\"a\": 0}}");
  refused("not valid JSON (at byte 9");
  write("vocab.json", "{\"a\": 0");
  refused("not valid JSON");
}

TEST_F(VocabularyFilesTest, RefusesBrokenMergesNamingTheLine) {
  write("merges.txt", "#version: 0.2\nl o\nlo w</w>\nlo zz\n");
  refused("merges.txt:4: token \"zz\" is not in the vocabulary");
  write("merges.txt", "#version: 0.2\nl o\nl o\n");
  refused("merges.txt:3: the pair \"l\" \"o\" appears twice");
  write("merges.txt", "l o\nx z\n");
  refused("merges.txt:2: the merged token \"xz\"");
  for (const char* line : {"l", "l o w", " l o", "l  o", "l ", " ", ""}) {
    write("merges.txt", std::string("#version: 0.2\n") + line + "\nl o\n");
    refused("merges.txt:2: expected two tokens");
  }
}

TEST_F(VocabularyFilesTest, AcceptsWindowsLineEndsAndNoLastNewline) {
  write("merges.txt", "#version: 0.2\r\nl o\r\nlo w</w>");
  EXPECT_EQ(ClipTokenizer::load(folder_.path()).encode("low").size(), 1U);
  write("merges.txt", "l o\n\n");
  EXPECT_EQ(ClipTokenizer::load(folder_.path()).encode("low").size(), 2U);
}

TEST_F(VocabularyFilesTest, RefusesOtherTokenizersAndUnknownSpecialTokens) {
  write("tokenizer_config.json", "{\"tokenizer_class\": \"BertTokenizer\"}");
  refused("tokenizer_class \"BertTokenizer\"");
  write("tokenizer_config.json", "{\"do_lower_case\": false}");
  refused("do_lower_case false");
  write("tokenizer_config.json", "[]");
  refused("not an object");
  write("tokenizer_config.json", "{\"pad_token\": 3}");
  refused("'pad_token' is not a token");
  write("tokenizer_config.json", "{}");
  write("special_tokens_map.json", "{\"eos_token\": \"<end>\"}");
  refused("special token \"<end>\" is not in it");
}

TEST_F(VocabularyFilesTest, RefusesSpecialTokensThatAreBlankOrLong) {
  const std::string longest(256, 'x');
  edit_vocabulary("<|startoftext|>", longest);
  write("tokenizer_config.json", "{\"bos_token\": \"" + longest + "\"}");
  write("special_tokens_map.json", "{}");
  const ClipTokenizer tokenizer = ClipTokenizer::load(folder_.path());
  EXPECT_EQ(tokenizer.encode(longest).at(0), tokenizer.bos());
  for (const char* key : {"bos_token", "eos_token", "pad_token", "unk_token"}) {
    write("special_tokens_map.json", std::string("{\"") + key + "\": \"y" + longest + "\"}");
    refused(std::string("'") + key + "' is longer than 256 bytes");
  }
  edit_vocabulary(longest, " \\u3000");
  for (const char* key : {"bos_token", "eos_token"}) {
    write("tokenizer_config.json", std::string("{\"") + key + "\": {\"content\": \" \\u3000\"}}");
    write("special_tokens_map.json", "{}");
    refused(std::string("'") + key + "' is blank");
  }
}

TEST_F(VocabularyFilesTest, AddedTokensMustFollowTheVocabulary) {
  write("added_tokens.json", "{\"<a>\": 9999}");
  refused("token \"<a>\" has id 9999");
}

TEST_F(VocabularyFilesTest, OpenAisFormNumbersTokensItself) {
  std::string text = "\"made_up.txt#version: 0.2\n";
  for (const std::string& merge : test::made_up_merges()) {
    if (merge != "c at</w>") text += merge + "\n";  // there, no token is made twice
  }
  write("vocabulary.txt", text);
  const ClipTokenizer own = ClipTokenizer::load_openai(folder_ / "vocabulary.txt");
  const ClipTokenizer converted = ClipTokenizer::load(folder_.path());
  ASSERT_EQ(own.size(), converted.size());
  for (std::int64_t id = 0; id < own.size(); ++id) EXPECT_EQ(own.token(id), converted.token(id));
  write("vocabulary.txt", text + "c at</w>\n");
  EXPECT_ERSATZ_ERROR(ClipTokenizer::load_openai(folder_ / "vocabulary.txt"), kUntrusted,
                      "vocabulary.txt:" + std::to_string(test::made_up_merges().size() + 1) +
                          ": the merged token \"cat</w>\" cannot be had");
}

}  // namespace
}  // namespace ersatz::generate
