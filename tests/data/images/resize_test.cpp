#include "data/images/resize.h"

#include <gtest/gtest.h>

#include "core/json.h"
#include "data/photos/grey_pictures.h"
#include "data/photos/stored_pictures.h"

namespace ersatz::data {
namespace {

void expect_same(const RgbImage& computed, const RgbImage& wanted) {
  EXPECT_EQ(computed.width, wanted.width);
  EXPECT_EQ(computed.height, wanted.height);
  EXPECT_EQ(computed.pixels, wanted.pixels);
}

TEST(Resize, EqualsPillowByteForByte) {
  const test::StoredPictures stored;
  const RgbImage source = stored.picture("source");
  for (const char* name : {"down", "narrow", "flat", "up", "mixed", "same", "tiny"}) {
    SCOPED_TRACE(name);
    const RgbImage wanted = stored.picture(std::string("resize_") + name);
    expect_same(resize_bilinear(source, wanted.width, wanted.height), wanted);
  }
}

TEST(Resize, BicubicEqualsPillowByteForByte) {
  const RgbImage source = test::StoredPictures().picture("source");
  const core::Json stored = core::read_json(test::fixture("photos/bicubic.json"));
  for (const char* name : {"down", "mixed"}) {
    SCOPED_TRACE(name);
    const core::Json& wanted = stored.at(name);
    const RgbImage made =
        resize_bicubic(source, wanted.at("width").get<int>(), wanted.at("height").get<int>());
    EXPECT_EQ(made.pixels, wanted.at("pixels").get<std::vector<std::uint8_t>>());
  }
  EXPECT_EQ(grey_picture(source, 28).pixels,
            stored.at("grey").at("pixels").get<std::vector<std::uint8_t>>());
}

TEST(Resize, ShorterSideAndCropEqualTorchvision) {
  const test::StoredPictures stored;
  const RgbImage source = stored.picture("source");
  expect_same(resize_shorter_side(source, 40), stored.picture("shorter_40"));
  expect_same(centre_crop(resize_shorter_side(source, 40), 33),
              stored.picture("shorter_40_crop_33"));
  expect_same(centre_crop(source, 70), stored.picture("crop_70"));
  expect_same(centre_crop(source, 90), stored.picture("crop_90"));
}

TEST(Resize, AnUprightPictureKeepsItsShape) {
  const RgbImage upright{10, 25, std::vector<std::uint8_t>(750, 9)};
  const RgbImage small = resize_shorter_side(upright, 4);
  EXPECT_EQ(small.width, 4);
  EXPECT_EQ(small.height, 10);
  EXPECT_EQ(small.pixels, std::vector<std::uint8_t>(120, 9));
}

TEST(Resize, RefusesSizesWithoutPixels) {
  const RgbImage image{2, 2, std::vector<std::uint8_t>(12)};
  EXPECT_ERSATZ_ERROR(resize_bilinear(image, 0, 3), core::ExitCode::kInternal, "0 x 3");
  EXPECT_ERSATZ_ERROR(resize_shorter_side({0, 3, {}}, 3), core::ExitCode::kInternal,
                      "without pixels");
}

}  // namespace
}  // namespace ersatz::data
