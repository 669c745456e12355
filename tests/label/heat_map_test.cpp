#include "label/heat_map.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "generate/diffusion/trajectory_fixture.h"
#include "models/diffusion/byte_vocabulary.h"
#include "support/test_support.h"

namespace ersatz::label {
namespace {

using test::max_difference;

// Makes every query attend to text position `x mod 4` in column x of the map, nearly exclusively.
models::CrossAttentionCall columns(const std::string& name, std::int64_t height,
                                   std::int64_t width) {
  torch::Tensor query = torch::zeros({1, height * width, 4});
  for (std::int64_t i = 0; i < height * width; ++i) query[0][i][i % width % 4] = 50;
  return {name, height, width, 1, 1.0, query, torch::eye(4).unsqueeze(0)};
}

AttentionCapture capture_of(std::int64_t height, std::int64_t width) {
  AttentionCaptureOptions options;
  options.latent_height = height;
  options.latent_width = width;
  options.guided = false;
  options.include_mid_block = true;
  return AttentionCapture(options);
}

TEST(HeatMap, ShowsWhereAPositionWasAttendedTo) {
  AttentionCapture capture = capture_of(4, 8);
  capture.on_cross_attention(columns("up_blocks.1.x", 4, 8));
  capture.on_cross_attention(columns("up_blocks.1.x", 4, 8));
  const torch::Tensor global = global_heat_map(capture, 0, 2);
  ASSERT_EQ(global.sizes(), torch::IntArrayRef({4, 4, 8}));
  for (std::int64_t x = 0; x < 8; ++x) {
    for (std::int64_t row = 0; row < 4; ++row) {
      EXPECT_NEAR(global[row][1][x].item<double>(), row == x % 4 ? 2 : 0, 1e-6)
          << "a sum over two steps";
    }
  }
}

TEST(HeatMap, AveragesLayersAfterClamping) {
  AttentionCapture capture = capture_of(4, 8);
  capture.on_cross_attention(columns("down_blocks.0.x", 4, 8));
  capture.on_cross_attention(columns("down_blocks.1.x", 2, 4));
  capture.on_cross_attention(columns("up_blocks.0.x", 1, 1));
  capture.on_cross_attention(columns("mid_block.x", 4, 8));
  HeatMapOptions one;
  one.layer = 1;
  const torch::Tensor fine = global_heat_map(capture, 0, 2, one);
  one.layer = 2;
  const torch::Tensor coarse = global_heat_map(capture, 0, 2, one);
  EXPECT_GE(coarse.min().item<double>(), 0) << "undershoot of the cubic kernel is cut off";
  EXPECT_LE(max_difference(global_heat_map(capture, 0, 2), (fine + coarse) / 2), 1e-6);
  one.layer = 0;
  EXPECT_ERSATZ_ERROR(global_heat_map(capture, 0, 2, one), core::ExitCode::kUsage,
                      "no captured layer");
  one = {};
  one.mid_block = true;
  EXPECT_LE(max_difference(global_heat_map(capture, 0, 2, one), (2 * fine + coarse) / 3), 1e-6);
  one = {};
  one.normalise = true;
  const torch::Tensor shares = global_heat_map(capture, 0, 2, one);
  EXPECT_LE(shares.narrow(0, 1, 2).sum(0).max().item<double>(), 1.0001);
}

TEST(HeatMap, RefusesWhatWasNotCaptured) {
  AttentionCapture capture = capture_of(4, 8);
  EXPECT_ERSATZ_ERROR(global_heat_map(capture, 0, 2), core::ExitCode::kUsage,
                      "no attention was captured");
  capture.on_cross_attention(columns("up_blocks.1.x", 4, 8));
  EXPECT_ERSATZ_ERROR(global_heat_map(capture, 1, 2), core::ExitCode::kUsage, "image 1 of 1");
  HeatMapOptions options;
  options.layer = 1;
  EXPECT_ERSATZ_ERROR(global_heat_map(capture, 0, 2, options), core::ExitCode::kUsage,
                      "layer 1 of 1");
  EXPECT_EQ(global_heat_map(capture, 0, 100).size(0), 4) << "no more rows than the network saw";
}

TEST(WordRows, FindsEveryOccurrence) {
  EXPECT_EQ(word_rows({5, 6, 7, 5, 6}, {5, 6}), (std::vector<std::int64_t>{1, 2, 4, 5}));
  EXPECT_EQ(word_rows({5, 5, 5}, {5, 5}), (std::vector<std::int64_t>{1, 2, 2, 3}));
  EXPECT_TRUE(word_rows({5, 6}, {6, 5}).empty());
  EXPECT_TRUE(word_rows({5, 6}, {}).empty());
  EXPECT_TRUE(word_rows({}, {5}).empty());
}

TEST(WordRows, SearchesWholeWordsInAnyCase) {
  const test::TemporaryFolder folder;
  models::write_byte_vocabulary(folder.path());
  const auto tokenizer = generate::ClipTokenizer::load(folder.path());
  EXPECT_EQ(word_rows(tokenizer, "A Dog", "dog"), (std::vector<std::int64_t>{2, 3, 4}));
  EXPECT_EQ(word_rows(tokenizer, "a dog, a dog", "a"), (std::vector<std::int64_t>{1, 6}));
  EXPECT_ERSATZ_ERROR(word_rows(tokenizer, "a dog", "cat"), core::ExitCode::kUsage,
                      "does not contain 'cat'");
  EXPECT_ERSATZ_ERROR(word_rows(tokenizer, "a dog", ""), core::ExitCode::kUsage, "contain ''");
}

TEST(WordHeatMap, IsTheMeanOfItsRows) {
  const torch::Tensor global = torch::arange(24, torch::kFloat32).view({4, 2, 3});
  EXPECT_EQ(max_difference(word_heat_map(global, {1, 3}), global[2]), 0);
  EXPECT_ERSATZ_ERROR(word_heat_map(global, {4}), core::ExitCode::kUsage, "position 4");
  EXPECT_ERSATZ_ERROR(word_heat_map(global, {}), core::ExitCode::kUsage, "no rows");
}

TEST(ExpandHeatMap, CoversTheImage) {
  const torch::Tensor map = torch::tensor({{1.0, 3.0}, {1.0, 3.0}}).to(torch::kFloat32);
  const torch::Tensor expanded = expand_heat_map(map, 6, 10);
  ASSERT_EQ(expanded.sizes(), torch::IntArrayRef({6, 10}));
  EXPECT_NEAR(expanded.min().item<double>(), 0, 1e-6);
  EXPECT_NEAR(expanded.max().item<double>(), 1, 1e-6);
  EXPECT_LT(expanded[3][1].item<double>(), expanded[3][8].item<double>());
  EXPECT_NEAR(expand_heat_map(map, 6, 10, true).mean().item<double>(), 2, 1e-5);
  const torch::Tensor binary = expand_heat_map(map, 6, 10, false, 0.5);
  EXPECT_EQ(binary.sum().item<double>(), 30);
  EXPECT_EQ(max_difference(expand_heat_map(map, 2, 2, true), map), 0);
}

}  // namespace
}  // namespace ersatz::label
