// Heat maps of pictures that are there already, by a model with random weights.
#include "label/picture_attention.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cstdlib>

#include "core/error.h"
#include "generate/diffusion/random_model.h"

namespace ersatz::label {
namespace {

class PictureAttentionTest : public ::testing::Test {
 protected:
  PictureAttentionTest() : model_("tiny") {}

  AttendedPicture picture(std::uint64_t number, std::int64_t width = 64) const {
    torch::manual_seed(number + 1);
    return {torch::rand({1, 3, 64, width}) * 2 - 1, "a red car", {{3, "car"}}, number};
  }
  PictureAttention attention(const PictureAttentionOptions& options = {}) {
    return {model_.model, model_.encoder, {}, options};
  }
  test::RandomModel model_;
};

TEST_F(PictureAttentionTest, GivesAMapOfEachWordAtThePicturesSize) {
  AttendedPicture asked = picture(0, 96);
  asked.words = {{3, "car"}, {1, "red"}};
  const auto maps = attention().look({asked});
  ASSERT_EQ(maps.size(), 1U);
  ASSERT_EQ(maps[0].size(), 2U);
  EXPECT_EQ(maps[0][0].word, "car");
  EXPECT_EQ(maps[0][0].class_index, 3);
  EXPECT_EQ(maps[0][1].class_index, 1);
  EXPECT_EQ(maps[0][0].map.width, 96);
  EXPECT_EQ(maps[0][0].map.height, 64);
  const auto [low, high] =
      std::minmax_element(maps[0][0].map.pixels.begin(), maps[0][0].map.pixels.end());
  EXPECT_EQ(*low, 0);
  EXPECT_EQ(*high, 255);
  EXPECT_NE(maps[0][0].map.pixels, maps[0][1].map.pixels);
}

TEST_F(PictureAttentionTest, DependsOnThePictureAndItsNumberAndNotOnTheOthers) {
  PictureAttention attention = this->attention();
  const auto alone = attention.look({picture(5)});
  const auto together = attention.look({picture(4), picture(5)});
  int largest = 0;
  for (std::size_t i = 0; i < alone[0][0].map.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(alone[0][0].map.pixels[i] - together[1][0].map.pixels[i]));
  }
  EXPECT_LE(largest, 1);
  EXPECT_NE(together[0][0].map.pixels, together[1][0].map.pixels);
  AttendedPicture other_noise = picture(5);
  other_noise.number = 6;
  EXPECT_NE(attention.look({other_noise})[0][0].map.pixels, alone[0][0].map.pixels);
  EXPECT_EQ(attention.look({picture(5)})[0][0].map.pixels, alone[0][0].map.pixels);
}

TEST_F(PictureAttentionTest, MistakesAreErrors) {
  AttendedPicture asked = picture(0);
  asked.words = {{0, "bus"}};
  EXPECT_THROW(attention().look({asked}), core::Error);
  AttendedPicture odd = picture(0, 61);
  EXPECT_THROW(attention().look({odd}), core::Error);
  PictureAttentionOptions options;
  options.least_noise = 0.8;
  EXPECT_THROW(attention(options), core::Error);
  options = {};
  options.most_noise = 1.2;
  EXPECT_THROW(attention(options), core::Error);
  options = {};
  options.looks = 0;
  EXPECT_THROW(attention(options), core::Error);
  EXPECT_TRUE(attention().look({}).empty());
}

}  // namespace
}  // namespace ersatz::label
