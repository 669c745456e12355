#include "report/photo_grid.h"

#include "core/file_system.h"
#include "data/images/image_file.h"
#include "support/test_support.h"

namespace ersatz::report {
namespace {

data::RgbImage plain(int width, int height, std::uint8_t r, std::uint8_t g, std::uint8_t b) {
  data::RgbImage image{width, height, {}};
  for (int i = 0; i < width * height; ++i) image.pixels.insert(image.pixels.end(), {r, g, b});
  return image;
}

std::vector<int> pixel(const data::RgbImage& image, int x, int y) {
  const std::uint8_t* p = &image.pixels[static_cast<std::size_t>(3 * (y * image.width + x))];
  return {p[0], p[1], p[2]};
}

TEST(PhotoGrid, PhotosKeepColoursAndProportions) {
  const test::TemporaryFolder folder;
  PhotoGridOptions options;
  options.cell = 40;  // gutters of 2 px
  write_photo_grid_png(folder / "grid.png",
                       {{"", {plain(100, 100, 250, 10, 20), plain(20, 10, 0, 200, 0)}},
                        {"", {plain(7, 14, 0, 0, 255)}}},
                       options);
  const data::RgbImage sheet = data::read_image(folder / "grid.png");
  EXPECT_EQ(sheet.width, 2 + 2 * 42);
  EXPECT_EQ(sheet.height, 2 + 2 * 42);
  EXPECT_EQ(pixel(sheet, 3, 3), (std::vector<int>{250, 10, 20})) << "red is the first channel";
  EXPECT_EQ(pixel(sheet, 44 + 20, 2 + 20), (std::vector<int>{0, 200, 0}));
  EXPECT_EQ(pixel(sheet, 44 + 20, 2 + 5), (std::vector<int>{255, 255, 255})) << "wide: white above";
  EXPECT_EQ(pixel(sheet, 2 + 20, 44 + 2), (std::vector<int>{0, 0, 255}))
      << "tall: fills the height";
  EXPECT_EQ(pixel(sheet, 2 + 5, 44 + 20), (std::vector<int>{255, 255, 255}));
}

TEST(PhotoGrid, CaptionsTakeRoom) {
  const test::TemporaryFolder folder;
  PhotoGridOptions options;
  options.column_captions = {"orange"};
  write_photo_grid_png(folder / "grid.png", {{"copy-paste", {plain(8, 8, 0, 0, 0)}}}, options);
  const data::RgbImage sheet = data::read_image(folder / "grid.png");
  EXPECT_GT(sheet.width, 128 + 50);
  EXPECT_EQ(sheet.height, 128 + 2 * 4 + 2 * 20);
}

TEST(PhotoGrid, NothingToShowIsAnError) {
  const test::TemporaryFolder folder;
  EXPECT_ERSATZ_ERROR(write_photo_grid_png(folder / "g.png", {}), core::ExitCode::kUsage,
                      "no photo");
  EXPECT_ERSATZ_ERROR(write_photo_grid_png(folder / "g.png", {{"kiwi", {data::RgbImage{}}}}),
                      core::ExitCode::kUsage, "kiwi");
  PhotoGridOptions huge;
  huge.cell = 70'000;
  EXPECT_ERSATZ_ERROR(write_photo_grid_png(folder / "g.png", {{"", {plain(1, 1, 0, 0, 0)}}}, huge),
                      core::ExitCode::kUsage, "too large");
  EXPECT_FALSE(std::filesystem::exists(folder / "g.png"));
}

}  // namespace
}  // namespace ersatz::report
