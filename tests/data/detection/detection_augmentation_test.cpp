#include "data/detection/detection_augmentation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "data/detection/mosaic.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

using core::ExitCode;

// Grey noiseless pictures with one red rectangle each, which is the box.
DetectionSet rectangles(int count, int width, int height, int size) {
  DetectionSet set;
  set.size = size;
  set.classes = {"red"};
  for (int i = 0; i < count; ++i) {
    RgbImage image{width, height,
                   std::vector<std::uint8_t>(
                       static_cast<std::size_t>(3 * width) * static_cast<std::size_t>(height), 60)};
    const int x0 = 10 + 3 * i, y0 = 8 + 2 * i, x1 = x0 + 20, y1 = y0 + 16;
    for (int y = y0; y < y1; ++y) {
      for (int x = x0; x < x1; ++x)
        image.pixels[static_cast<std::size_t>(3 * (y * width + x))] = 250;
    }
    set.pictures.push_back(detection_picture(std::to_string(i) + ".png", image,
                                             {{0, static_cast<float>(x0), static_cast<float>(y0),
                                               static_cast<float>(x1), static_cast<float>(y1)}},
                                             size));
  }
  return set;
}

// The box around red pixels inside `box` grown by 3 px.
ObjectBox red_inside(const RgbImage& image, const ObjectBox& box) {
  ObjectBox found{0, 1e9F, 1e9F, -1e9F, -1e9F};
  const int x0 = std::max(0, static_cast<int>(box.x0) - 3),
            y0 = std::max(0, static_cast<int>(box.y0) - 3);
  const int x1 = std::min(image.width, static_cast<int>(box.x1) + 4);
  const int y1 = std::min(image.height, static_cast<int>(box.y1) + 4);
  for (int y = y0; y < y1; ++y) {
    for (int x = x0; x < x1; ++x) {
      const std::uint8_t* p = image.pixels.data() + 3 * (y * image.width + x);
      if (p[0] < 140 || p[1] > 100) continue;
      found.x0 = std::min(found.x0, static_cast<float>(x));
      found.y0 = std::min(found.y0, static_cast<float>(y));
      found.x1 = std::max(found.x1, static_cast<float>(x + 1));
      found.y1 = std::max(found.y1, static_cast<float>(y + 1));
    }
  }
  return found;
}

TEST(DetectionSet, ScalesPicturesAndBoxesTogether) {
  const DetectionSet set = rectangles(1, 128, 64, 96);
  const DetectionPicture& picture = set.pictures[0];
  EXPECT_EQ(picture.width, 128);
  EXPECT_EQ(picture.image.width, 96);
  EXPECT_EQ(picture.image.height, 48);
  EXPECT_FLOAT_EQ(picture.boxes[0].x0, 7.5F);
  EXPECT_FLOAT_EQ(picture.boxes[0].y1, 18.0F);
}

TEST(DetectionAugmentation, NothingLeavesThePictureInTheMiddle) {
  const DetectionSet set = rectangles(1, 96, 48, 96);
  const DetectionExample example = augmented_example(set, 0, no_detection_augmentation(), 1, 0);
  ASSERT_EQ(example.boxes.size(), 1U);
  EXPECT_EQ(example.image.width, 96);
  EXPECT_EQ(example.image.height, 96);
  EXPECT_FLOAT_EQ(example.boxes[0].x0, 10);
  EXPECT_FLOAT_EQ(example.boxes[0].y0, 8 + 24);
  EXPECT_EQ(example.image.pixels[0], 114);
  EXPECT_EQ(example.image.pixels[3 * 24 * 96], 60);
}

TEST(DetectionAugmentation, BoxesStayAroundTheirObjects) {
  const DetectionSet set = rectangles(6, 96, 80, 96);
  DetectionAugmentation augmentation;
  augmentation.hue = augmentation.saturation = 0;
  augmentation.value = 0.1;
  augmentation.vertical_flip = 0.5;
  int boxes = 0, whole = 0;
  for (std::int64_t i = 0; i < 60; ++i) {
    const DetectionExample example = augmented_example(set, i % 6, augmentation, 7, i);
    for (const ObjectBox& box : example.boxes) {
      ++boxes;
      EXPECT_GE(box.x0, 0);
      EXPECT_GE(box.y0, 0);
      EXPECT_LE(box.x1, 96);
      EXPECT_LE(box.y1, 96);
      if (box.x1 - box.x0 < 6 || box.y1 - box.y0 < 6) continue;
      const ObjectBox red = red_inside(example.image, box);
      ++whole;
      EXPECT_NEAR(red.x0, box.x0, 1.6) << i;
      EXPECT_NEAR(red.x1, box.x1, 1.6) << i;
      EXPECT_NEAR(red.y0, box.y0, 1.6) << i;
      EXPECT_NEAR(red.y1, box.y1, 1.6) << i;
    }
  }
  EXPECT_GT(boxes, 60);
  EXPECT_GT(whole, 50);
}

TEST(DetectionAugmentation, DependsOnSeedEpochAndPictureOnly) {
  const DetectionSet set = rectangles(5, 64, 64, 64);
  const auto pixels = [&](std::int64_t i, std::uint64_t seed, std::int64_t epoch) {
    return augmented_example(set, i, {}, seed, epoch).image.pixels;
  };
  const auto first = pixels(2, 3, 4);
  pixels(1, 9, 9);
  EXPECT_EQ(pixels(2, 3, 4), first);
  EXPECT_NE(pixels(3, 3, 4), first);
  EXPECT_NE(pixels(2, 4, 4), first);
  EXPECT_NE(pixels(2, 3, 5), first);
}

TEST(DetectionAugmentation, MosaicMeetsAtAPointWithItsPictureAboveLeft) {
  const DetectionSet set = rectangles(4, 64, 64, 64);
  core::Stream random(1, "mosaic", 0);
  const DetectionExample example = mosaic_example(set, 0, random);
  EXPECT_EQ(example.image.width, 128);
  EXPECT_GE(example.boxes.size(), 1U);
  for (const ObjectBox& box : example.boxes) {
    const ObjectBox red = red_inside(example.image, box);
    EXPECT_NEAR(red.x0, box.x0, 1.01);
    EXPECT_NEAR(red.y1, box.y1, 1.01);
  }
}

TEST(DetectionAugmentation, CrowdsAreNotTrainedOn) {
  DetectionSet set = rectangles(1, 64, 64, 64);
  set.pictures[0].boxes[0].crowd = true;
  EXPECT_TRUE(augmented_example(set, 0, no_detection_augmentation(), 1, 0).boxes.empty());
}

TEST(DetectionAugmentation, RefusesWhatMakesNoSense) {
  DetectionAugmentation augmentation;
  augmentation.scale = 1;
  EXPECT_ERSATZ_ERROR(check(augmentation), ExitCode::kUsage, "scale");
  augmentation = {};
  augmentation.mosaic = NAN;
  EXPECT_ERSATZ_ERROR(check(augmentation), ExitCode::kUsage, "between 0 and 1");
}

}  // namespace
}  // namespace ersatz::data
