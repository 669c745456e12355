#include "data/photos/augmentation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "data/images/resize.h"
#include "data/photos/gaussian_blur.h"
#include "data/photos/pixel_scaling.h"
#include "data/photos/rotate.h"
#include "data/photos/stored_pictures.h"

namespace ersatz::data {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes turned(const RgbImage& image, const Orientation& orientation) {
  Bytes out(image.pixels.size(), 99);
  rotate_nearest(orientation, image.width, image.pixels.data(), out.data());
  return out;
}

TEST(Rotation, EqualsPillowByteForByte) {
  const test::StoredPictures stored;
  const RgbImage square = stored.picture("square");
  const double degrees[] = {0.0, 12.5, -30.0, 29.999, -0.37, 3.1415926, 45.0};
  for (int i = 0; i < 7; ++i) {
    SCOPED_TRACE(degrees[i]);
    EXPECT_EQ(turned(square, {degrees[i], false, false}),
              stored.picture("rotated_" + std::to_string(i)).pixels);
  }
  EXPECT_EQ(turned(square, {-17.25, true, false}), stored.picture("rotated_hflip").pixels);
  EXPECT_EQ(turned(square, {-17.25, false, true}), stored.picture("rotated_vflip").pixels);
  EXPECT_EQ(turned(square, {-17.25, true, true}), stored.picture("rotated_both").pixels);
}

TEST(Blur, EqualsTorchvisionUpToHalves) {
  const test::StoredPictures stored;
  const RgbImage square = stored.picture("square");
  const double sigmas[] = {0.05, 0.2, 0.255, 0.26, 0.3, 0.7, 2.0};
  for (int i = 0; i < 7; ++i) {
    SCOPED_TRACE(sigmas[i]);
    const BlurKernel kernel(5, 9, sigmas[i]);
    Bytes blurred(square.pixels.size());
    gaussian_blur(kernel, square.width, square.pixels.data(), blurred.data());
    const Bytes wanted = stored.picture("blurred_" + std::to_string(i)).pixels;
    std::size_t different = 0;
    for (std::size_t j = 0; j < wanted.size(); ++j) {
      ASSERT_LE(std::abs(blurred[j] - wanted[j]), 1) << j;
      different += blurred[j] != wanted[j] ? 1 : 0;
    }
    EXPECT_LE(different, wanted.size() / 5000);
    if (kernel.changes_nothing()) {
      EXPECT_EQ(wanted, square.pixels);
    }
    EXPECT_EQ(kernel.changes_nothing(), sigmas[i] < 0.256);
  }
}

// A shortcut for weak blurs must not lose a change at the steepest edges there are.
TEST(Blur, ChangesNothingMeansNothing) {
  const int side = 16;
  Bytes chequered(3 * side * side), blurred(chequered.size());
  for (std::size_t i = 0; i < chequered.size(); ++i) {
    chequered[i] = (i / 3 + i / (3 * side)) % 2 == 0 ? 255 : 0;
  }
  bool some = false, others = false;
  for (double sigma = 0.05; sigma < 0.3; sigma += 0.001) {
    const BlurKernel kernel(5, 9, sigma);
    gaussian_blur(kernel, side, chequered.data(), blurred.data());
    if (kernel.changes_nothing()) {
      EXPECT_EQ(blurred, chequered) << sigma;
      some = true;
    } else if (blurred != chequered) {
      others = true;
    }
  }
  EXPECT_TRUE(some && others);
}

TEST(Blur, RefusesAKernelBeyondTheReflection) {
  const Bytes in(3 * 4 * 4);
  Bytes out(in.size());
  EXPECT_ERSATZ_ERROR(gaussian_blur(BlurKernel(9, 9, 5.0), 4, in.data(), out.data()),
                      core::ExitCode::kInternal, "4 pixels");
}

TEST(PixelScaling, EqualsTorchvisionBitForBit) {
  const test::StoredPictures stored;
  const RgbImage square = stored.picture("square");
  std::vector<float> scaled(square.pixels.size());
  PixelScaler(pixel_scaling("imagenet-rgb"))
      .apply(square.pixels.data(), static_cast<std::int64_t>(scaled.size() / 3), scaled.data());
  EXPECT_EQ(scaled, stored.numbers("normalised"));
}

TEST(PixelScaling, TheWholeEvaluationTransformEqualsTorchvision) {
  const test::StoredPictures stored;
  const RgbImage photo = centre_crop(resize_shorter_side(stored.picture("source"), 48), 42);
  std::vector<float> scaled(photo.pixels.size());
  PixelScaler({}).apply(photo.pixels.data(), 42 * 42, scaled.data());
  EXPECT_EQ(scaled, stored.numbers("evaluation"));
}

TEST(PixelScaling, CaffeWantsBlueFirst) {
  const Bytes pixel = {10, 20, 30};
  std::vector<float> scaled(3);
  PixelScaler(pixel_scaling("caffe-bgr")).apply(pixel.data(), 1, scaled.data());
  EXPECT_EQ(scaled, (std::vector<float>{30 - 104, 20 - 117, 10 - 123}));
  EXPECT_ERSATZ_ERROR(pixel_scaling("cafe-bgr"), core::ExitCode::kUsage, "'caffe-bgr'");
}

TEST(Augmentation, DrawsDependOnSeedEpochAndSampleOnly) {
  const Augmentation recipe;
  const AugmentationDraw draw = draw_augmentation(recipe, 3, 2, 17);
  const AugmentationDraw again = draw_augmentation(recipe, 3, 2, 17);
  EXPECT_EQ(draw.degrees, again.degrees);
  EXPECT_EQ(draw.sigma, again.sigma);
  EXPECT_NE(draw.degrees, draw_augmentation(recipe, 3, 2, 18).degrees);
  EXPECT_NE(draw.degrees, draw_augmentation(recipe, 3, 3, 17).degrees);
  EXPECT_NE(draw.degrees, draw_augmentation(recipe, 4, 2, 17).degrees);
}

TEST(Augmentation, DrawsHaveTheStatedDistributions) {
  const Augmentation recipe;
  const int count = 4000;
  double degrees = 0, squares = 0, sigma = 0;
  int horizontal = 0, vertical = 0, both = 0;
  for (int i = 0; i < count; ++i) {
    const AugmentationDraw draw = draw_augmentation(recipe, 1, 0, i);
    ASSERT_LE(std::abs(draw.degrees), 30);
    ASSERT_GE(draw.sigma, 0.05);
    ASSERT_LE(draw.sigma, 0.3);
    degrees += draw.degrees;
    squares += draw.degrees * draw.degrees;
    sigma += draw.sigma;
    horizontal += draw.horizontal_flip ? 1 : 0;
    vertical += draw.vertical_flip ? 1 : 0;
    both += draw.horizontal_flip && draw.vertical_flip ? 1 : 0;
  }
  // Five standard errors.
  EXPECT_NEAR(degrees / count, 0, 5 * 17.3 / std::sqrt(count));
  EXPECT_NEAR(std::sqrt(squares / count), 30 / std::sqrt(3.0), 0.6);
  EXPECT_NEAR(sigma / count, 0.175, 5 * 0.0722 / std::sqrt(count));
  EXPECT_NEAR(horizontal / double{count}, 0.5, 5 * 0.5 / std::sqrt(count));
  EXPECT_NEAR(vertical / double{count}, 0.5, 5 * 0.5 / std::sqrt(count));
  EXPECT_NEAR(both / double{count}, 0.25, 5 * 0.433 / std::sqrt(count));
}

TEST(Augmentation, IsRotationThenBlur) {
  const test::StoredPictures stored;
  const RgbImage square = stored.picture("square");
  const Augmentation recipe;
  Bytes out(square.pixels.size()), scratch;
  for (const double sigma : {0.0, 0.1, 0.29}) {
    const AugmentationDraw draw{-17.25, true, true, sigma};
    augment(draw, recipe, square.width, square.pixels.data(), out.data(), scratch);
    const Bytes rotated = stored.picture("rotated_both").pixels;
    Bytes wanted(rotated.size());
    gaussian_blur(BlurKernel(5, 9, sigma), square.width, rotated.data(), wanted.data());
    EXPECT_EQ(out, wanted) << sigma;
  }
}

TEST(Augmentation, NoneLeavesThePhotoAlone) {
  const test::StoredPictures stored;
  const RgbImage square = stored.picture("square");
  Bytes out(square.pixels.size()), scratch;
  for (int i = 0; i < 20; ++i) {
    augment(draw_augmentation(no_augmentation(), 1, 0, i), no_augmentation(), square.width,
            square.pixels.data(), out.data(), scratch);
    ASSERT_EQ(out, square.pixels);
  }
}

TEST(Augmentation, IsDescribedAndChecked) {
  const core::Json text = describe(Augmentation{});
  EXPECT_EQ(text.at("rotation"), 30);
  EXPECT_EQ(text.at("blur_kernel"), "5x9");
  EXPECT_EQ(text.at("blur_sigma"), "0.05..0.3");
  EXPECT_FALSE(describe(no_augmentation()).contains("blur_sigma"));
  check(Augmentation{});
  check(no_augmentation());
  Augmentation bad;
  bad.horizontal_flip = 1.5;
  EXPECT_ERSATZ_ERROR(check(bad), core::ExitCode::kUsage, "probability");
  bad = {};
  bad.blur_width = 4;
  EXPECT_ERSATZ_ERROR(check(bad), core::ExitCode::kUsage, "odd");
  bad = {};
  bad.blur_sigma_min = 0;
  EXPECT_ERSATZ_ERROR(check(bad), core::ExitCode::kUsage, "above 0");
  bad = {};
  bad.rotation = -1;
  EXPECT_ERSATZ_ERROR(check(bad), core::ExitCode::kUsage, "degrees");
}

}  // namespace
}  // namespace ersatz::data
