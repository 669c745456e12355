#include "report/label_drawing.h"

#include <gtest/gtest.h>

#include "support/test_support.h"

namespace ersatz::report {
namespace {

using core::ExitCode;
using Colour = std::vector<int>;

data::RgbImage plain(int width, int height, std::uint8_t level) {
  return {width, height,
          std::vector<std::uint8_t>(static_cast<std::size_t>(3 * width * height), level)};
}

Colour pixel(const data::RgbImage& image, int x, int y) {
  const std::uint8_t* p = &image.pixels[static_cast<std::size_t>(3 * (y * image.width + x))];
  return {p[0], p[1], p[2]};
}

std::vector<label::ObjectLabel> one_label() {
  label::ObjectLabel label;
  label.box = {100, 100, 101, 51};
  label.polygon = {{100, 100}, {200, 100}, {200, 150}, {100, 150}};
  label.score = 0.876;
  return {label};
}

TEST(LabelDrawing, ObjectsAreOutlinedFilledAndNamed) {
  std::vector<label::ObjectLabel> labels = one_label();
  EXPECT_EQ(drawn_objects(labels, {"car"})[0].caption, "car 0.88");
  labels[0].origin.word = "yellow car";
  const std::vector<DrawnObject> objects = drawn_objects(labels, {"car"});
  EXPECT_EQ(objects[0].caption, "yellow car 0.88");
  const data::RgbImage drawn = draw_objects(plain(300, 260, 100), objects);
  ASSERT_EQ(drawn.width, 300) << "between 256 and 512: as it is";
  EXPECT_EQ(pixel(drawn, 20, 20), (Colour{100, 100, 100}));
  const Colour vermillion = {0xd5, 0x5e, 0x00};
  EXPECT_EQ(pixel(drawn, 201, 130), vermillion) << "the box, on the right";
  // A quarter of the colour.
  EXPECT_NEAR(pixel(drawn, 150, 130)[0], 0.75 * 100 + 0.25 * 0xd5, 1);
  EXPECT_EQ(pixel(drawn, 101, 97), vermillion) << "the caption's ground, above the box";
}

TEST(LabelDrawing, PicturesAreBroughtToASizeToLookAt) {
  EXPECT_EQ(draw_objects(plain(32, 64, 0), {}).height, 256);
  EXPECT_EQ(draw_objects(plain(1024, 512, 0), {}).width, 512);
  EXPECT_EQ(draw_objects(plain(1200, 600, 0), {}, 800).height, 400);
  // Where the pixels were, the objects are.
  DrawnObject object;
  object.outlines = {{{8, 8}, {23, 8}, {23, 23}, {8, 23}}};
  object.box = {8, 8, 16, 16};
  const data::RgbImage masks = draw_masks(plain(32, 32, 0), {object});
  EXPECT_EQ(masks.width, 256);
  EXPECT_EQ(pixel(masks, 128, 128), (Colour{138, 61, 0}));
  EXPECT_EQ(pixel(masks, 60, 128), (Colour{0, 0, 0}));
}

TEST(LabelDrawing, CaptionsStayInside) {
  DrawnObject object;
  object.box = {0, 0, 255, 255};
  object.caption =
      "a \xc3\xa4 very very very very very long caption that is wider than the picture";
  EXPECT_EQ(draw_objects(plain(256, 256, 9), {object}).pixels.size(), 3U * 256 * 256);
}

TEST(LabelDrawing, HeatIsRedWhereTheMapIsBright) {
  data::GreyImage map{256, 256, std::vector<std::uint8_t>(256 * 256, 0)};
  for (std::size_t i = 0; i < 128 * 256; ++i) map.pixels[i] = 230;
  const data::RgbImage drawn = draw_heat(plain(256, 256, 128), map);
  EXPECT_GT(pixel(drawn, 100, 40)[0], pixel(drawn, 100, 40)[2] + 80);
  EXPECT_GT(pixel(drawn, 100, 220)[2], pixel(drawn, 100, 220)[0]);
  map.width = 128;
  EXPECT_ERSATZ_ERROR(draw_heat(plain(256, 256, 1), map), ExitCode::kInternal, "another size");
}

TEST(LabelDrawing, SideBySide) {
  const data::RgbImage both = side_by_side({plain(20, 10, 1), plain(30, 10, 2)});
  EXPECT_EQ(both.width, 56);
  EXPECT_EQ(pixel(both, 19, 5)[0], 1);
  EXPECT_EQ(pixel(both, 22, 5)[0], 255);
  EXPECT_EQ(pixel(both, 26, 5)[0], 2);
  EXPECT_ERSATZ_ERROR(side_by_side({plain(2, 2, 0), plain(2, 3, 0)}), ExitCode::kInternal,
                      "heights");
}

}  // namespace
}  // namespace ersatz::report
