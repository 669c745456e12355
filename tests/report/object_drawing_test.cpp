#include "report/object_drawing.h"

#include <gtest/gtest.h>

#include "support/test_support.h"

namespace ersatz::report {
namespace {

data::RgbImage black(int width, int height) {
  return {width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(3 * width * height))};
}

std::array<int, 3> pixel(const data::RgbImage& image, int x, int y) {
  const auto at = static_cast<std::size_t>(3 * (y * image.width + x));
  return {image.pixels[at], image.pixels[at + 1], image.pixels[at + 2]};
}

TEST(ObjectDrawing, BoxesMasksAndCaptions) {
  const data::RgbImage picture = black(100, 80);
  DrawnObject object;
  object.box = {20, 30, 40, 30};
  const std::array<int, 3> colour = {230, 159, 0}, none = {0, 0, 0};
  data::RgbImage drawn = draw_objects(picture, {object});
  EXPECT_EQ(pixel(drawn, 20, 30), colour);
  EXPECT_EQ(pixel(drawn, 59, 59), colour);
  EXPECT_EQ(pixel(drawn, 60, 60), none);
  EXPECT_EQ(pixel(drawn, 40, 45), none);
  std::vector<std::uint8_t> inside(100 * 80);
  inside[45 * 100 + 40] = 1;
  object.mask = data::encode_rle(inside.data(), 80, 100);
  drawn = draw_objects(picture, {object});
  EXPECT_EQ(pixel(drawn, 40, 45), (std::array<int, 3>{115, 79, 0}));
  EXPECT_EQ(pixel(drawn, 41, 45), none);
  object.caption = "car \xc3\xa9";
  EXPECT_EQ(pixel(draw_objects(picture, {object}), 20, 29), colour);  // above the box
  object.colour = 7;                                                  // as many as there are
  EXPECT_EQ(pixel(draw_objects(picture, {object}), 59, 59), colour);
  EXPECT_EQ(draw_objects(picture, {}).pixels, picture.pixels);
  object.mask->width = 99;
  EXPECT_ERSATZ_ERROR(draw_objects(picture, {object}), core::ExitCode::kInternal, "another size");
}

}  // namespace
}  // namespace ersatz::report
