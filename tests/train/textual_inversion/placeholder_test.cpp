#include "train/textual_inversion/placeholder.h"

#include <gtest/gtest.h>

#include <set>

#include "generate/diffusion/prompt_encoder.h"
#include "support/test_support.h"
#include "train/diffusion/latent_cache_builder.h"
#include "train/textual_inversion/inversion_fixture.h"
#include "train/textual_inversion/prompt_templates.h"

namespace ersatz::train {
namespace {

constexpr auto kUsage = core::ExitCode::kUsage;

class PlaceholderTest : public ::testing::Test {
 protected:
  test::TemporaryFolder folder_;
  test::SmallModel model_{folder_.path()};
};

TEST_F(PlaceholderTest, ItsIdsFollowTheVocabulary) {
  generate::ClipTokenizer tokenizer = model_.tokenizer();
  const std::int64_t size = tokenizer.size();
  const std::int64_t a = tokenizer.encode("a").at(0);
  const Placeholder placeholder = add_placeholder(tokenizer, "<Cat-Toy>", "a", 3);
  EXPECT_EQ(placeholder.ids, (std::vector<std::int64_t>{size, size + 1, size + 2}));
  EXPECT_EQ(placeholder.initializer, a);
  EXPECT_EQ(placeholder.text, "<Cat-Toy> <Cat-Toy>_1 <Cat-Toy>_2");
  EXPECT_EQ(tokenizer.encode("<cat-toy>_1"), (std::vector<std::int64_t>{size + 1}));
}

TEST_F(PlaceholderTest, TrainingPromptsReadAsThoseOfGenerating) {
  generate::ClipTokenizer tokenizer = model_.tokenizer();
  const Placeholder placeholder = add_placeholder(tokenizer, "<x>", "a", 3);
  const std::vector<std::string> prompts =
      placeholder_prompts(tokenizer, placeholder, {"a {}", "{}, and {} too"}, 77);
  generate::PromptEncoder encoder(model_.networks().text_encoder, model_.tokenizer());
  encoder.add_embedding({"<x>", torch::zeros({3, 16})});
  EXPECT_EQ(tokenizer.encode(prompts.at(0)), encoder.token_ids("a <x>"));
  EXPECT_EQ(tokenizer.encode(prompts.at(1)), encoder.token_ids("<x>, and <x> too"));
}

TEST_F(PlaceholderTest, RefusesTokensThatCannotBeNew) {
  const auto refused = [&](const std::string& token, const std::string& text) {
    generate::ClipTokenizer tokenizer = model_.tokenizer();
    EXPECT_ERSATZ_ERROR(add_placeholder(tokenizer, token, "a", 1), kUsage, text);
  };
  refused("", "has no name");
  refused("<grand piano>", "white space");
  refused("<grand\u3000piano>", "white space");
  refused("\xff", "new token");
  refused("q", "in the vocabulary already");
  refused("<|endoftext|>", "in the vocabulary already");
  generate::ClipTokenizer tokenizer = model_.tokenizer();
  add_placeholder(tokenizer, "<x>", "a", 1);
  EXPECT_ERSATZ_ERROR(add_placeholder(tokenizer, "<X>", "a", 1), kUsage, "already");
}

TEST_F(PlaceholderTest, RefusesInitializersOfSeveralTokens) {
  const auto refused = [&](const std::string& word, const std::string& text) {
    generate::ClipTokenizer tokenizer = model_.tokenizer();
    EXPECT_ERSATZ_ERROR(add_placeholder(tokenizer, "<x>", word, 1), kUsage, text);
  };
  refused("toy", "'toy' is 3 tokens: 't', 'o', 'y</w>'");
  refused(" ", "is blank");
}

TEST_F(PlaceholderTest, RefusesNumbersOfVectorsThatDoNotFit) {
  for (const std::int64_t vectors : {-1, 0, 76}) {
    generate::ClipTokenizer tokenizer = model_.tokenizer();
    EXPECT_ERSATZ_ERROR(add_placeholder(tokenizer, "<x>", "a", vectors), kUsage, "1 to 75");
  }
}

TEST_F(PlaceholderTest, RefusesPromptsThatWouldBeCutOrMisread) {
  generate::ClipTokenizer tokenizer = model_.tokenizer();
  const Placeholder eight = add_placeholder(tokenizer, "<x>", "a", 8);
  EXPECT_EQ(placeholder_prompts(tokenizer, eight, {"a {}"}, 11).size(), 1U);
  EXPECT_ERSATZ_ERROR(placeholder_prompts(tokenizer, eight, {"a {}"}, 10), kUsage,
                      "\"a {}\" has 11 tokens with 8 vectors");
  const Placeholder bare = add_placeholder(tokenizer, "hot", "a", 1);
  EXPECT_ERSATZ_ERROR(placeholder_prompts(tokenizer, bare, {"a photo of a {}"}, 77), kUsage,
                      "inside the words");
}

TEST(PromptTemplates, TheBuiltInOnesAreUsable) {
  for (const auto* templates : {&object_templates(), &style_templates()}) {
    EXPECT_GE(templates->size(), 20U);
    check_templates(*templates, "built in");
    std::set<std::string> different(templates->begin(), templates->end());
    EXPECT_EQ(different.size(), templates->size());
    for (const std::string& sentence : *templates) {
      EXPECT_EQ(count_blanks(sentence), 1) << sentence;
      EXPECT_FALSE(speaks_of_sides(sentence)) << sentence;
    }
  }
}

TEST(PromptTemplates, BlanksAreFilled) {
  EXPECT_EQ(fill_template("a {} and {}", "<x>"), "a <x> and <x>");
  EXPECT_EQ(fill_template("{}", "{}"), "{}");
  EXPECT_EQ(count_blanks("{}{} {"), 2);
  EXPECT_ERSATZ_ERROR(check_templates({"a {}", "a photo"}, "mine.txt"), kUsage,
                      "mine.txt: the template \"a photo\" has no {}");
  EXPECT_ERSATZ_ERROR(check_templates({}, "mine.txt"), kUsage, "no template");
}

}  // namespace
}  // namespace ersatz::train
