#include "generate/diffusion/tokenizer/bpe_training.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "core/file_system.h"
#include "generate/diffusion/tokenizer/clip_tokenizer.h"
#include "generate/diffusion/tokenizer/vocabulary_folder.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

using Tokens = std::vector<std::string>;

const Tokens kCaptions = {
    "a photo of a banana on a table",    "a photo of two kiwis, close up",
    "an orange on a wooden table",       "a blurry photo of a tomato on grass",
    "a red car on a road at night",      "a blue car on a road, seen from behind",
    "the orange is not on the table",    "photo of 12 bananas",
    "a photo of a kiwi on a blue table", "a kiwi"};

Vocabulary learned(const Tokens& captions, std::int64_t size, std::int64_t least_count = 2) {
  BpeTraining training;
  for (const std::string& caption : captions) training.add(caption);
  BpeTrainingOptions options;
  options.vocabulary_size = size;
  options.least_count = least_count;
  return training.learn(options);
}

class BpeTrainingTest : public ::testing::Test {
 protected:
  ClipTokenizer tokenizer(const Vocabulary& vocabulary) const {
    write_vocabulary_folder(folder_.path(), vocabulary);
    return ClipTokenizer::load(folder_.path());
  }
  static Tokens spelled(const ClipTokenizer& tokenizer, const std::string& text) {
    Tokens tokens;
    for (const std::int64_t id : tokenizer.encode(text)) tokens.push_back(tokenizer.token(id));
    return tokens;
  }

  test::TemporaryFolder folder_;
};

TEST_F(BpeTrainingTest, FrequentWordsBecomeOneToken) {
  const ClipTokenizer clip = tokenizer(learned(kCaptions, 2000));
  EXPECT_EQ(spelled(clip, "A photo of a KIWI on  a table"),
            (Tokens{"a</w>", "photo</w>", "of</w>", "a</w>", "kiwi</w>", "on</w>", "a</w>",
                    "table</w>"}));
}

TEST_F(BpeTrainingTest, MergesAreThoseDoneByHand) {
  // The words of Sennrich et al. 2016. By hand: e+s and s+t</w> occur 9 times, of which e+s has the
  // lower ids; then es+t</w> 9, l+o 7; e+w, n+e, w+est</w> 6 each, then n+ew before ew+est</w>.
  BpeTraining training;
  training.add("low", 5);
  training.add("lower", 2);
  training.add("newest", 6);
  training.add("widest", 3);
  BpeTrainingOptions options;
  options.vocabulary_size = kLeastVocabularySize + 7;
  const Vocabulary vocabulary = training.learn(options);
  Tokens merged;
  for (const Merge& merge : vocabulary.merges) {
    merged.push_back(vocabulary.tokens[static_cast<std::size_t>(merge.left)] + " " +
                     vocabulary.tokens[static_cast<std::size_t>(merge.right)]);
  }
  EXPECT_EQ(merged, (Tokens{"e s", "es t</w>", "l o", "e w", "n ew", "new est</w>", "lo w</w>"}));
  EXPECT_EQ(vocabulary.tokens[512], "es");
  EXPECT_EQ(vocabulary.tokens.size(), 521U);
  EXPECT_EQ(vocabulary.tokens[519], "<|startoftext|>");
  EXPECT_EQ(vocabulary.tokens[520], "<|endoftext|>");
}

TEST_F(BpeTrainingTest, OrderOfTheCaptionsDoesNotMatter) {
  Tokens shuffled = kCaptions;
  std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(3));
  const Vocabulary a = learned(kCaptions, 700), b = learned(shuffled, 700);
  EXPECT_EQ(a.tokens, b.tokens);
  write_vocabulary_folder(folder_ / "a", a);
  write_vocabulary_folder(folder_ / "b", b);
  for (const char* name :
       {"vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"}) {
    EXPECT_EQ(core::read_file(folder_ / "a" / name), core::read_file(folder_ / "b" / name)) << name;
  }
}

TEST_F(BpeTrainingTest, LoadsAndDecodesWhatItEncodes) {
  const Vocabulary vocabulary = learned(kCaptions, 540);
  const ClipTokenizer clip = tokenizer(vocabulary);
  EXPECT_EQ(clip.size(), 540);
  EXPECT_EQ(clip.bos(), 538);
  EXPECT_EQ(clip.eos(), 539);
  EXPECT_EQ(clip.pad(), clip.eos());
  for (const std::string& caption : kCaptions) {
    EXPECT_EQ(clip.decode(clip.encode(caption)),
              caption == "photo of 12 bananas" ? "photo of 1 2 bananas" : caption);
  }
}

TEST_F(BpeTrainingTest, UnseenWordsAreCutIntoKnownTokens) {
  const ClipTokenizer clip = tokenizer(learned(kCaptions, 800));
  for (const std::string text : {"zebra", "\xE3\x82\xAA\xE3\x83\xAC\xE3\x83\xB3\xE3\x82\xB8",
                                 "\xF0\x9F\x8D\x8A", "\xD0\xB0\xD0\xBF\xD0\xB5\xD0\xBB\xD1\x8C"}) {
    const std::vector<std::int64_t> ids = clip.encode(text);
    EXPECT_EQ(std::count(ids.begin(), ids.end(), clip.eos()), 0) << text;  // CLIP's unknown token
    EXPECT_EQ(clip.decode(ids), text);
  }
}

TEST_F(BpeTrainingTest, EncodingEqualsTheLearnedCutsOfEveryWord) {
  // Words over two letters make the same token in many ways, which plain counting of pairs would
  // learn twice: the loader refuses a pair that appears twice.
  std::mt19937 random(11);
  Tokens words;
  for (int i = 0; i < 400; ++i) {
    std::string word;
    const auto length = 1 + random() % 12;
    for (std::size_t k = 0; k < length; ++k) word += random() % 3 == 0 ? 'a' : 'b';
    words.push_back(word);
  }
  const Vocabulary vocabulary = learned(words, 4000, 1);
  const ClipTokenizer clip = tokenizer(vocabulary);
  // least_count 1: merging went on until every word was one token.
  for (const std::string& word : words) EXPECT_EQ(spelled(clip, word), Tokens{word + "</w>"});
}

TEST_F(BpeTrainingTest, StopsWherePairsAreTooRare) {
  const Vocabulary vocabulary = learned({"cat cat cat dog"}, 5000, 3);
  EXPECT_EQ(vocabulary.tokens.size(), 512U + 2U + 2U);  // ca, cat</w>; dog is seen once
  EXPECT_GE(vocabulary.find("cat</w>"), 0);
  EXPECT_EQ(vocabulary.find("dog</w>"), -1);
}

TEST_F(BpeTrainingTest, SizeIsKeptAndBounded) {
  EXPECT_EQ(learned(kCaptions, kLeastVocabularySize).merges.size(), 0U);
  EXPECT_EQ(learned(kCaptions, 530).tokens.size(), 530U);
  EXPECT_ERSATZ_ERROR(learned(kCaptions, 513), core::ExitCode::kUsage, "513");
  EXPECT_ERSATZ_ERROR(learned(kCaptions, std::int64_t{1} << 40), core::ExitCode::kUsage, "tokens");
  EXPECT_ERSATZ_ERROR(learned(kCaptions, 600, 0), core::ExitCode::kUsage, "0 times");
}

TEST_F(BpeTrainingTest, NoCaptionsAreAnError) {
  EXPECT_ERSATZ_ERROR(learned({}, 600), core::ExitCode::kUsage, "no words");
  EXPECT_ERSATZ_ERROR(learned({"  ", "<|endoftext|>"}, 600), core::ExitCode::kUsage, "no words");
  BpeTraining training;
  EXPECT_ERSATZ_ERROR(training.add("\xFF"), core::ExitCode::kUsage, "UTF-8");
}

TEST_F(BpeTrainingTest, SpecialTokensAreNoWords) {
  Tokens captions(50, "<|startoftext|> cat <|endoftext|>");
  const Vocabulary vocabulary = learned(captions, 600);
  EXPECT_EQ(vocabulary.tokens.size(), 516U);  // ca, cat</w>
}

TEST_F(BpeTrainingTest, VeryLongWordsDoNotTeach) {
  EXPECT_ERSATZ_ERROR(learned({std::string(100000, 'x')}, 600), core::ExitCode::kUsage, "no words");
}

TEST_F(BpeTrainingTest, FolderWithoutSpecialTokensIsABug) {
  Vocabulary vocabulary;
  vocabulary.append("a");
  EXPECT_ERSATZ_ERROR(write_vocabulary_folder(folder_.path(), vocabulary),
                      core::ExitCode::kInternal, "startoftext");
}

}  // namespace
}  // namespace ersatz::generate
