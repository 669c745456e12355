#include "train/diffusion/image_batches.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "support/test_support.h"
#include "train/diffusion/painted_discs.h"

namespace ersatz::train {
namespace {

TEST(ImageBatches, GivesEveryPictureOnceInOrder) {
  ImageBatches batches(test::painted_discs(1, 16), 16, 3, 0, c10::kCPU);
  const ImageBatch second = batches.at(1);
  EXPECT_EQ(second.captions, (std::vector<std::string>{"disc 3", "disc 4", "disc 5"}));
  ASSERT_EQ(second.images.sizes(), (std::vector<std::int64_t>{3, 3, 16, 16}));
  EXPECT_TRUE(second.images.is_contiguous(torch::MemoryFormat::ChannelsLast));
  const data::RgbImage fifth = test::painted_disc(1, 5, 16).image;
  for (const int y : {0, 7, 15}) {
    for (const int x : {0, 9, 15}) {
      for (int c = 0; c < 3; ++c) {
        const int level = fifth.pixels[static_cast<std::size_t>((y * 16 + x) * 3 + c)];
        EXPECT_NEAR(second.images[2][c][y][x].item<double>(), level / 127.5 - 1, 1e-6);
      }
    }
  }
}

TEST(ImageBatches, SquaresDependOnSeedAndIndexOnly) {
  const auto supply = test::painted_discs(2, 40);
  const torch::Tensor pairs = ImageBatches(supply, 16, 2, 7, c10::kCPU).at(1).images;
  const torch::Tensor four = ImageBatches(supply, 16, 4, 7, c10::kCPU).at(0).images;
  EXPECT_TRUE(torch::equal(pairs, four.narrow(0, 2, 2)));
  const torch::Tensor other = ImageBatches(supply, 16, 4, 8, c10::kCPU).at(0).images;
  EXPECT_FALSE(torch::equal(four, other));
}

TEST(ImageBatches, RefusesWhatDoesNotFit) {
  const auto supply = test::painted_discs(1, 16);
  EXPECT_ERSATZ_ERROR(ImageBatches(supply, 24, 2, 0, c10::kCPU).at(1), core::ExitCode::kUsage,
                      "picture 2 has 16 x 16 pixels, training needs 24 x 24");
  EXPECT_ERSATZ_ERROR(ImageBatches(supply, 16, 0, 0, c10::kCPU), core::ExitCode::kUsage,
                      "at least one picture");
  const data::CaptionedImages torn = [](std::int64_t) {
    data::CaptionedImage image = test::painted_disc(1, 0, 16);
    image.image.pixels.pop_back();
    return image;
  };
  EXPECT_ERSATZ_ERROR(ImageBatches(torn, 16, 1, 0, c10::kCPU).at(0), core::ExitCode::kUsage,
                      "picture 0");
}

}  // namespace
}  // namespace ersatz::train
