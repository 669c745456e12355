#include "generate/diffusion/prompt_encoder.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/json.h"
#include "core/log.h"
#include "generate/diffusion/hidden_weights.h"
#include "generate/diffusion/made_up_vocabulary.h"
#include "generate/diffusion/prompt_fragments.h"
#include "models/diffusion/network_fixture.h"
#include "models/safetensors.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

using models::largest_difference;

class PromptEncoderTest : public ::testing::Test {
 protected:
  PromptEncoderTest() {
    test::write_made_up_tokenizer(folder_.path());
    models::ClipTextConfig config;
    config.vocabulary = test::made_up_size();
    config.hidden = 16;
    config.intermediate = 24;
    config.layers = 3;
    config.heads = 2;
    text_encoder_ = std::make_shared<models::ClipText>(config);
    models::fill_by_recipe(*text_encoder_, 1, {}, "");
  }

  PromptEncoder encoder(PromptWeights weights = PromptWeights::kOff, int skip_layers = 0) const {
    return PromptEncoder(text_encoder_, ClipTokenizer::load(folder_.path()), weights, skip_layers);
  }
  torch::Tensor hidden(const std::string& prompt, PromptWeights weights = PromptWeights::kOff) {
    return encoder(weights).encode({prompt}).hidden;
  }
  // The row of the token table for a word that is one token.
  torch::Tensor row(const std::string& word) const {
    const auto ids = ClipTokenizer::load(folder_.path()).encode(word);
    EXPECT_EQ(ids.size(), 1U);
    return text_encoder_->token_table()[ids.at(0)];
  }

  const torch::NoGradGuard no_grad_;
  test::TemporaryFolder folder_;
  std::shared_ptr<models::ClipText> text_encoder_;
};

TEST_F(PromptEncoderTest, IsTheTextEncoderOnPaddedTokens) {
  const PromptEncoder encoder = this->encoder();
  const EncodedPrompts encoded = encoder.encode({"the cat", "", "the cat"});
  ASSERT_EQ(encoded.hidden.sizes(), (std::vector<std::int64_t>{3, 77, 16}));
  ASSERT_EQ(encoded.tokens.size(), 3U);
  const auto ids = encoder.tokenizer().tokenize_padded("the cat").ids;
  EXPECT_EQ(encoded.tokens[0].ids, ids);
  EXPECT_EQ(encoded.tokens[2].ids, ids);
  const torch::Tensor expected =
      text_encoder_->forward(torch::tensor(ids, torch::kInt64).unsqueeze(0)).last_hidden;
  EXPECT_TRUE(torch::equal(encoded.hidden[0], expected[0]));
  EXPECT_TRUE(torch::equal(encoded.hidden[2], expected[0]));
  EXPECT_GT(largest_difference(encoded.hidden[1], expected[0]), 1e-2);
}

TEST_F(PromptEncoderTest, APromptDoesNotDependOnItsNeighbours) {
  const torch::Tensor together = encoder().encode({"new photo", "the lower cat", ""}).hidden;
  EXPECT_TRUE(torch::equal(together[1], hidden("the lower cat")[0]));
}

TEST_F(PromptEncoderTest, SkipsLayers) {
  const PromptEncoder skipping = encoder(PromptWeights::kOff, 1);
  const auto ids = skipping.tokenizer().tokenize_padded("cat").ids;
  const torch::Tensor expected =
      text_encoder_->forward(torch::tensor(ids, torch::kInt64).unsqueeze(0), 1).last_hidden;
  EXPECT_TRUE(torch::equal(skipping.encode({"cat"}).hidden, expected));
  EXPECT_GT(largest_difference(expected, hidden("cat")), 1e-2);
}

TEST_F(PromptEncoderTest, ALearnedTokenIsItsVector) {
  PromptEncoder encoder = this->encoder();
  encoder.add_embedding({"<x>", row("cat").unsqueeze(0)});
  const EncodedPrompts encoded = encoder.encode({"photo of <X>, new"});
  EXPECT_LE(largest_difference(encoded.hidden, hidden("photo of cat, new")), 1e-6);
  EXPECT_EQ(encoded.tokens[0].ids[3], test::made_up_size());
}

TEST_F(PromptEncoderTest, SeveralVectorsStandInARow) {
  PromptEncoder encoder = this->encoder();
  encoder.add_embedding({"<x>", torch::stack({row("cat"), row("photo"), row("the")})});
  const torch::Tensor expected = hidden("new cat photo the of");
  EXPECT_LE(largest_difference(encoder.encode({"new <x> of"}).hidden, expected), 1e-6);
  EXPECT_LE(largest_difference(encoder.encode({"new <x> <x>_1 <x>_2 of"}).hidden, expected), 1e-6);
  EXPECT_EQ(encoder.tokenizer().size(), test::made_up_size() + 3);
}

// What looks for a word's text positions must look where the text encoder has it.
TEST_F(PromptEncoderTest, TokenIdsAreThoseTheTextEncoderGets) {
  for (const PromptWeights notation : {PromptWeights::kA1111, PromptWeights::kCompel}) {
    PromptEncoder encoder = this->encoder(notation);
    encoder.add_embedding({"<x>", torch::zeros({3, 16})});
    const std::string prompt =
        notation == PromptWeights::kA1111 ? "(new:1.4) <x> [cat]" : "new++ <x> (cat)0.8";
    const std::vector<std::int64_t> ids = encoder.token_ids(prompt);
    const std::vector<std::int64_t> seen = encoder.encode({prompt}).tokens[0].ids;
    ASSERT_EQ(ids.size(), 5U);
    EXPECT_TRUE(std::equal(ids.begin(), ids.end(), seen.begin() + 1));
    EXPECT_EQ(ids[0], encoder.token_ids("new").at(0));
    EXPECT_EQ(encoder.token_ids("<x>"), std::vector<std::int64_t>(ids.begin() + 1, ids.end() - 1));
    EXPECT_EQ(ids[4], encoder.token_ids("cat").at(0));
    EXPECT_NE(ids, encoder.tokenizer().encode(prompt));
  }
}

TEST_F(PromptEncoderTest, RefusesEmbeddingsThatDoNotFit) {
  PromptEncoder encoder = this->encoder();
  EXPECT_ERSATZ_ERROR(encoder.add_embedding({"<x>", torch::zeros({1, 1024})}),
                      core::ExitCode::kUsage,
                      "<x> has vectors of width 1024 (Stable Diffusion 2.x), this model's text "
                      "encoder has 16");
  EXPECT_ERSATZ_ERROR(encoder.add_embedding({"<x>", torch::zeros({2, 768})}),
                      core::ExitCode::kUsage, "768 (Stable Diffusion 1.x)");
  encoder.add_embedding({"<x>", torch::zeros({1, 16})});
  EXPECT_ERSATZ_ERROR(encoder.add_embedding({"<x>", torch::zeros({1, 16})}), core::ExitCode::kUsage,
                      "<x> exists already");
  // The second vector's name is taken: nothing of it is added.
  encoder.add_embedding({"<y>_1", torch::zeros({1, 16})});
  const std::int64_t size = encoder.tokenizer().size();
  EXPECT_ERSATZ_ERROR(encoder.add_embedding({"<y>", torch::zeros({2, 16})}), core::ExitCode::kUsage,
                      "<y>_1 exists already");
  EXPECT_EQ(encoder.tokenizer().size(), size);
}

TEST_F(PromptEncoderTest, RefusesATokenizerOfAnotherModel) {
  models::ClipTextConfig config = text_encoder_->config();
  --config.vocabulary;
  EXPECT_ERSATZ_ERROR(PromptEncoder(std::make_shared<models::ClipText>(config),
                                    ClipTokenizer::load(folder_.path())),
                      core::ExitCode::kUsage, "the tokenizer has");
}

TEST_F(PromptEncoderTest, WarnsAboutWhatIsCutOff) {
  std::string prompt;
  for (int i = 0; i < 75; ++i) prompt += "cat ";
  const EncodedPrompts fits = encoder().encode({prompt});
  EXPECT_EQ(fits.tokens[0].truncated, "");
  const std::size_t before = core::logged_warnings().size();
  const EncodedPrompts cut = encoder().encode({prompt + "lower photo"});
  EXPECT_EQ(cut.tokens[0].truncated, "lower photo");
  EXPECT_TRUE(torch::equal(cut.hidden, fits.hidden));
  const std::vector<std::string> warnings = core::logged_warnings();
  ASSERT_EQ(warnings.size(), before + 1);
  EXPECT_NE(warnings.back().find("has 79 tokens"), std::string::npos) << warnings.back();
  EXPECT_NE(warnings.back().find("\"lower photo\""), std::string::npos) << warnings.back();
}

TEST_F(PromptEncoderTest, SeveralVectorsCountWhenAPromptIsCut) {
  PromptEncoder encoder = this->encoder();
  encoder.add_embedding({"<x>", torch::zeros({40, 16})});
  const EncodedPrompts encoded = encoder.encode({"<x> cat <x> new"});
  EXPECT_EQ(encoded.tokens[0].ids.size(), 77U);
  EXPECT_EQ(encoded.tokens[0].truncated.substr(0, 7), "<x>_34 ");
}

TEST_F(PromptEncoderTest, WeightsAreTextUnlessAskedFor) {
  EXPECT_GT(largest_difference(hidden("(cat:1.4)"), hidden("cat")), 1e-2);
  EXPECT_TRUE(torch::equal(hidden("cat", PromptWeights::kA1111), hidden("cat")));
  EXPECT_TRUE(torch::equal(hidden("(cat:1)", PromptWeights::kA1111), hidden("cat")));
}

TEST_F(PromptEncoderTest, A1111WeightsMultiplyAndRestoreTheMean) {
  const torch::Tensor plain = hidden("new cat photo");
  const torch::Tensor weighted = hidden("new (cat:1.4) photo", PromptWeights::kA1111);
  EXPECT_NEAR(weighted.mean().item<double>(), plain.mean().item<double>(), 1e-6);
  torch::Tensor expected = plain.clone();
  expected[0][2] *= 1.4;
  expected *= plain.mean() / expected.mean();
  EXPECT_LE(largest_difference(weighted, expected), 1e-5);
  EXPECT_GT(largest_difference(weighted, plain), 1e-2);
}

TEST_F(PromptEncoderTest, CompelPushesAwayFromTheEmptyPrompt) {
  const torch::Tensor plain = hidden("new cat photo"), empty = hidden("");
  torch::Tensor expected = plain.clone();
  expected[0][2] = empty[0][2] + 1.21 * (plain[0][2] - empty[0][2]);
  const torch::Tensor weighted = hidden("new cat++ photo", PromptWeights::kCompel);
  EXPECT_LE(largest_difference(weighted, expected), 1e-5);
  // All other places are exactly what they were.
  EXPECT_TRUE(torch::equal(weighted[0][1], plain[0][1]));
  EXPECT_TRUE(torch::equal(weighted[0].slice(0, 3), plain[0].slice(0, 3)));
}

TEST_F(PromptEncoderTest, CompelDrawsToTheEmptyPromptAndMixesInTheMaskedOne) {
  const PromptEncoder encoder = this->encoder(PromptWeights::kCompel);
  const auto masked = [&](const std::string& prompt, std::int64_t begin, std::int64_t end) {
    const torch::Tensor ids =
        torch::tensor(encoder.tokenizer().tokenize_padded(prompt).ids, torch::kInt64).unsqueeze(0);
    torch::Tensor seen = torch::ones({1, 77}, torch::kBool);
    seen.slice(1, begin, end).fill_(false);
    return text_encoder_->forward_embeddings(text_encoder_->embed(ids), ids, 0, seen).last_hidden;
  };
  const torch::Tensor plain = hidden("new cat photo"), empty = hidden("");
  const torch::Tensor without = masked("new cat photo", 2, 3);
  EXPECT_GT(largest_difference(without, plain), 1e-2);
  for (const auto& [prompt, weight] :
       {std::pair{"new cat-- photo", 0.81}, std::pair{"new (cat)0.5 photo", 0.5}}) {
    torch::Tensor with_cat = plain.clone(), without_cat = without.clone();
    with_cat[0][2] = empty[0][2] + weight * (plain[0][2] - empty[0][2]);
    without_cat[0][2] = empty[0][2] + weight * (without[0][2] - empty[0][2]);
    const double share = std::tan((1 - weight) * std::acos(0.0));
    const torch::Tensor expected = (with_cat + share * without_cat) / (1 + share);
    const torch::Tensor weighted = encoder.encode({prompt}).hidden;
    EXPECT_LE(largest_difference(weighted, expected), 1e-5) << prompt;
    // Words before the masked one never saw it.
    EXPECT_LE(largest_difference(weighted[0].slice(0, 0, 2), plain[0].slice(0, 0, 2)), 1e-6);
  }
  // At 0 the word itself is the empty prompt's, and hardly anything is left of what others saw.
  const torch::Tensor gone = encoder.encode({"new (cat)0 photo"}).hidden;
  EXPECT_LE(largest_difference(gone[0][2], empty[0][2]), 1e-5);
  EXPECT_LE(largest_difference(gone[0].slice(0, 3), without[0].slice(0, 3)), 1e-4);
}

TEST_F(PromptEncoderTest, CompelMasksOnlyWhatIsRead) {
  const PromptEncoder encoder = this->encoder(PromptWeights::kCompel);
  std::string cats;
  for (int i = 0; i < 75; ++i) cats += "cat ";
  EXPECT_TRUE(torch::equal(encoder.encode({cats + "(photo)0.5"}).hidden, hidden(cats)));
  EXPECT_EQ(encoder.encode({"new ()0.5 photo"}).hidden.sizes(),
            (std::vector<std::int64_t>{1, 77, 16}));
}

TEST(PromptFragments, PlacesOfAFragment) {
  const PromptFragments fragments = {{{5, 6}, 1}, {{}, 0.5}, {{7, 8, 9}, 0.5}, {{4}, 0.5}};
  const auto places = [&](std::size_t index, std::int64_t length) {
    const PlaceRange range = fragment_places(fragments, index, length);
    return std::pair(range.begin, range.end);
  };
  EXPECT_EQ(places(0, 10), std::pair(std::int64_t{1}, std::int64_t{3}));
  EXPECT_EQ(places(1, 10), std::pair(std::int64_t{0}, std::int64_t{0}));
  EXPECT_EQ(places(2, 10), std::pair(std::int64_t{3}, std::int64_t{6}));
  EXPECT_EQ(places(3, 10), std::pair(std::int64_t{6}, std::int64_t{7}));
  // Six places hold four tokens: the third fragment is cut, the fourth is not read.
  EXPECT_EQ(places(2, 7), std::pair(std::int64_t{3}, std::int64_t{6}));
  EXPECT_EQ(places(2, 6), std::pair(std::int64_t{3}, std::int64_t{6}));
  EXPECT_EQ(places(3, 6), std::pair(std::int64_t{0}, std::int64_t{0}));
}

TEST(HiddenWeights, ShareWithoutIsATangent) {
  EXPECT_NEAR(share_without(1.0), 0.0, 1e-12);
  EXPECT_NEAR(share_without(0.5), 1.0, 1e-12);
  // tan(0.19 * 90 degrees) and tan(0.1 * 90 degrees), from a table.
  EXPECT_NEAR(share_without(0.81), 0.307640, 1e-6);
  EXPECT_NEAR(share_without(0.9), 0.158384, 1e-6);
  // 1 / tan(1e-5 * pi / 2) = 2 / pi * 1e5
  EXPECT_NEAR(share_without(0.0), 63661.98, 0.01);
  EXPECT_EQ(share_without(-3.0), share_without(0.0));
}

TEST(HiddenWeights, ByHand) {
  const auto one_by_two = [](float a, float b) { return torch::tensor({a, b}).view({1, 2, 1}); };
  // compel: 1 + 1.21 * (3 - 1) = 3.42; weight 1 leaves 0.3 what it is.
  const torch::Tensor pushed =
      weight_from_empty(one_by_two(3, 0.3F), one_by_two(1, 7), {1.21, 1.0});
  EXPECT_NEAR(pushed[0][0].item<double>(), 3.42, 1e-6);
  EXPECT_EQ(pushed[0][1].item<float>(), 0.3F);
  // 1 + 0.5 * (3 - 1) = 2
  EXPECT_NEAR(weight_from_empty(one_by_two(3, 0), one_by_two(1, 0), {0.5, 1})[0][0].item<double>(),
              2.0, 1e-6);
  // AUTOMATIC1111: (2, 4) with weights (1.5, 1) is (3, 4); times 3 / 3.5 the mean is 3 again.
  const torch::Tensor kept = weight_keeping_mean(one_by_two(2, 4), {1.5, 1});
  EXPECT_NEAR(kept[0][0].item<double>(), 18.0 / 7, 1e-6);
  EXPECT_NEAR(kept[0][1].item<double>(), 24.0 / 7, 1e-6);
}

// Recorded with transformers' CLIPTextModel.
class PromptEncoderParity : public ::testing::TestWithParam<const char*> {};

TEST_P(PromptEncoderParity, PromptsGiveTransformersHiddenStates) {
  ERSATZ_REQUIRE_SHARED(fixtures, "fixtures");
  const std::filesystem::path model = fixtures / "models" / GetParam();
  const std::filesystem::path golden = fixtures / "components" / GetParam();
  const PromptEncoder encoder(models::load_clip_text(model),
                              ClipTokenizer::load(model / "tokenizer"));
  const auto prompts = core::read_json(golden / "text_encoder_prompts.json")
                           .at("prompts")
                           .get<std::vector<std::string>>();
  const auto recorded = models::load_safetensors(golden / "text_encoder.safetensors").tensors;
  const EncodedPrompts encoded = encoder.encode(prompts);
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const torch::Tensor ids = recorded.at("input_ids")[static_cast<std::int64_t>(i)];
    EXPECT_TRUE(torch::equal(torch::tensor(encoded.tokens[i].ids, torch::kInt64), ids))
        << prompts[i];
  }
  EXPECT_LE(largest_difference(encoded.hidden, recorded.at("last_hidden_state")), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Models, PromptEncoderParity,
                         ::testing::Values("tiny", "sd15mini", "sd2mini", "inpaint9"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace ersatz::generate
