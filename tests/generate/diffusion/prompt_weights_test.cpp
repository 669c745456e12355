#include "generate/diffusion/prompt_weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <ctime>

#include "support/test_support.h"

namespace ersatz::generate {
namespace {

using Pieces = std::vector<std::pair<std::string, double>>;

void expect_pieces(PromptWeights notation, const std::string& prompt, const Pieces& expected) {
  const std::vector<WeightedText> pieces = parse_prompt_weights(notation, prompt);
  ASSERT_EQ(pieces.size(), expected.size()) << prompt;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    EXPECT_EQ(pieces[i].text, expected[i].first) << prompt;
    EXPECT_NEAR(pieces[i].weight, expected[i].second, 1e-12) << prompt << ": " << pieces[i].text;
  }
}

void a1111(const std::string& prompt, const Pieces& expected) {
  expect_pieces(PromptWeights::kA1111, prompt, expected);
}

void compel(const std::string& prompt, const Pieces& expected) {
  expect_pieces(PromptWeights::kCompel, prompt, expected);
}

TEST(A1111Weights, BracketsMultiply) {
  a1111("a (red) car", {{"a ", 1}, {"red", 1.1}, {" car", 1}});
  a1111("a ((red)) car", {{"a ", 1}, {"red", 1.21}, {" car", 1}});
  a1111("a [red] car", {{"a ", 1}, {"red", 1 / 1.1}, {" car", 1}});
  a1111("a (red:1.4) car", {{"a ", 1}, {"red", 1.4}, {" car", 1}});
  a1111("(red : 0.5 )", {{"red ", 0.5}});
  a1111("(a (b:2) c:3)", {{"a ", 3}, {"b", 6}, {" c", 3}});
  a1111("[(a)]", {{"a", 1}});
  a1111("(red:-1)(blue:+2.)(green:.5)", {{"red", -1}, {"blue", 2}, {"green", 0.5}});
}

TEST(A1111Weights, EscapesAreText) {
  a1111("a \\(red\\) \\[car\\]", {{"a (red) [car]", 1}});
  a1111("(a \\) b)", {{"a ) b", 1.1}});
  a1111("\\\\(a)", {{"\\", 1}, {"a", 1.1}});
  a1111("a\\b\\", {{"ab", 1}});
}

TEST(A1111Weights, WhatIsNotAWeightIsText) {
  a1111("", {{"", 1}});
  a1111("()", {{"", 1}});
  a1111("a (red", {{"a ", 1}, {"red", 1.1}});
  a1111("a [red", {{"a ", 1}, {"red", 1 / 1.1}});
  a1111("a) b] c", {{"a) b] c", 1}});
  a1111("12:30, a:1.2)", {{"12:30, a:1.2)", 1}});
  a1111("(a:high)", {{"a:high", 1.1}});
  a1111("(a:1.2.3)", {{"a:1.2.3", 1.1}});
  a1111("(a:)", {{"a:", 1.1}});
  a1111("(a]", {{"a]", 1.1}});
}

TEST(CompelWeights, SignsAfterWordsAndBrackets) {
  compel("a cat++ here", {{"a", 1}, {"cat", 1.21}, {"here", 1}});
  compel("a cat--, here", {{"a", 1}, {"cat", 0.81}, {", here", 1}});
  compel("a (red cat)+ here", {{"a", 1}, {"red cat", 1.1}, {"here", 1}});
  compel("(red, cat)- here", {{"red , cat", 0.9}, {"here", 1}});
  compel("caf\xC3\xA9+", {{"caf\xC3\xA9", 1.1}});
  compel("hot-dog+", {{"hot-dog", 1.1}});
  compel("\"red cat\"+ here", {{"red cat", 1.1}, {"here", 1}});
}

TEST(CompelWeights, NumbersAfterBrackets) {
  compel("(red cat)1.3 here", {{"red cat", 1.3}, {"here", 1}});
  compel("(red cat)0", {{"red cat", 0}});
  compel("(red cat).5", {{"red cat", 0.5}});
  compel("(red cat)1.3.", {{"red cat", 1.3}, {".", 1}});
  compel("(red cat)2b", {{"red cat", 2}, {"b", 1}});
  compel("(red cat). Here", {{"red cat . Here", 1}});
}

TEST(CompelWeights, NestedWeightsMultiply) {
  compel("((red)+ cat)-", {{"red", 0.99}, {"cat", 0.9}});
  compel("(red cat+)++", {{"red", 1.21}, {"cat", std::pow(1.1, 3)}});
  compel("a (car (door)1.5)2", {{"a", 1}, {"car", 2}, {"door", 3}});
  compel("(a (b)+ \"c d\"-)2", {{"a", 2}, {"b", 2.2}, {"c d", 1.8}});
}

TEST(CompelWeights, ClosedBracketsAreNotText) {
  compel("red (cat)", {{"red cat", 1}});
  compel("red ((cat)) (a tall (man))", {{"red cat a tall man", 1}});
  compel("re(d) \"cat\"", {{"re(d) cat", 1}});
  compel("(a)b", {{"a b", 1}});
  compel("()+", {{"", 1}});
}

TEST(CompelWeights, WhatIsNotAWeightIsText) {
  compel("", {{"", 1}});
  compel(" ", {{"", 1}});
  compel("red (cat", {{"red (cat", 1}});
  compel("red cat)+", {{"red cat)+", 1}});
  compel("red (cat++ here", {{"red (cat++ here", 1}});
  compel("a \"red cat+", {{"a \"red", 1}, {"cat", 1.1}});
  compel("black-and-white - a + b --", {{"black-and-white - a + b --", 1}});
  compel("a+-", {{"a", 1.1}, {"-", 1}});
  compel("red,cat+", {{"red,cat+", 1}});
  compel("cat+! a=b+", {{"cat+! a=b+", 1}});
  // Inside brackets nothing stands alone: these are not closed as far as compel can see.
  compel("(a - b)+", {{"(a - b)+", 1}});
  compel("C\\+\\+ \\(x\\) a\\b", {{"C++ (x) a\\b", 1}});
  compel("cat.attend(2)", {{"cat.attend(2)", 1}});
}

TEST(CompelWeights, DeepBracketsEnd) {
  const std::string many(100'000, '(');
  compel(many, {{many, 1}});
  std::string spread;
  for (int i = 0; i < 20'000; ++i) spread += "( ";
  EXPECT_EQ(parse_prompt_weights(PromptWeights::kCompel, spread).size(), 1U);
}

// Brackets around all that was written so far, a hundred thousand times: each must not look at all
// of it again.
TEST(PromptWeights, DeepBracketsTakeNoQuadraticTime) {
  constexpr int kDepth = 100'000;
  for (const auto& [notation, closing] :
       {std::pair(PromptWeights::kA1111, "a )"), std::pair(PromptWeights::kCompel, "a )+ ")}) {
    std::string prompt(kDepth, '(');
    for (int i = 0; i < kDepth; ++i) prompt += closing;
    const std::clock_t begin = std::clock();
    EXPECT_FALSE(parse_prompt_weights(notation, prompt).empty());
    EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 1);
  }
  // Deeper brackets are text.
  const std::vector<WeightedText> pieces =
      parse_prompt_weights(PromptWeights::kA1111, std::string(kDeepestBrackets + 1, '(') + "a");
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(pieces[0].text, "(a");
  EXPECT_NEAR(pieces[0].weight, std::pow(1.1, kDeepestBrackets), 1e-9 * pieces[0].weight);
}

TEST(PromptWeights, OffPassesEverythingOn) {
  expect_pieces(PromptWeights::kOff, "(a:1.4) b++ \\(", {{"(a:1.4) b++ \\(", 1}});
  EXPECT_EQ(prompt_weights_named("a1111"), PromptWeights::kA1111);
  EXPECT_ERSATZ_ERROR(prompt_weights_named("compl"), core::ExitCode::kUsage, "compel");
}

}  // namespace
}  // namespace ersatz::generate
