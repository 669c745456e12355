#include "report/image_grid.h"

#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>

#include "core/file_system.h"
#include "support/test_support.h"

namespace ersatz::report {
namespace {

// `count` images of 2x3 pixels, all of grey `value`, first pixel black.
data::LabelledImages grey(std::size_t count, std::uint8_t value) {
  data::LabelledImages images;
  images.height = 2;
  images.width = 3;
  images.labels.assign(count, 0);
  images.pixels.assign(count * 6, value);
  for (std::size_t i = 0; i < count; ++i) images.image(i)[0] = 0;
  return images;
}

cv::Mat read(const std::filesystem::path& path) {
  return cv::imread(path.string(), cv::IMREAD_UNCHANGED);
}

TEST(ImageGrid, PlacesUnsmoothedCellsInReadingOrder) {
  const test::TemporaryFolder folder;
  GridOptions options;
  options.columns = 2;
  options.scale = 4;
  data::LabelledImages images = grey(3, 100);
  images.image(2)[5] = 200;
  write_grid_png(folder / "grid.png", images, options);
  const cv::Mat sheet = read(folder / "grid.png");
  ASSERT_EQ(sheet.channels(), 1);
  // Gutters of 2 px: 2 + 12 + 2 + 12 + 2 wide, 2 + 8 + 2 + 8 + 2 high.
  ASSERT_EQ(sheet.cols, 30);
  ASSERT_EQ(sheet.rows, 22);
  EXPECT_EQ(sheet.at<std::uint8_t>(0, 0), 255);  // gutter
  EXPECT_EQ(sheet.at<std::uint8_t>(2, 2), 0);    // first pixel, its four corners
  EXPECT_EQ(sheet.at<std::uint8_t>(5, 5), 0);
  EXPECT_EQ(sheet.at<std::uint8_t>(5, 6), 100);    // second pixel
  EXPECT_EQ(sheet.at<std::uint8_t>(19, 13), 200);  // last pixel of image 2, second row
  EXPECT_EQ(sheet.at<std::uint8_t>(15, 20), 255);  // the fourth cell is blank
}

TEST(ImageGrid, CaptionsTakeRoomAndLeaveInk) {
  const test::TemporaryFolder folder;
  GridOptions options;
  options.scale = 10;
  const std::vector<GridRow> plain = {{"", grey(2, 255)}, {"", grey(2, 255)}};
  write_grid_png(folder / "plain.png", plain, options);
  options.column_captions = {"0", "1"};
  write_grid_png(folder / "captions.png", {{"in", grey(2, 255)}, {"out", grey(2, 255)}}, options);
  const cv::Mat without = read(folder / "plain.png"), with = read(folder / "captions.png");
  ASSERT_GT(with.rows, without.rows);
  ASSERT_GT(with.cols, without.cols);
  const int left = with.cols - without.cols, top = with.rows - without.rows;
  double darkest = 255;
  cv::minMaxLoc(with(cv::Rect(left, 0, without.cols, top)), &darkest);
  EXPECT_LT(darkest, 120);
  cv::minMaxLoc(with(cv::Rect(0, top, left, without.rows / 2)), &darkest);
  EXPECT_LT(darkest, 120);
  // The cells themselves are the same.
  const cv::Mat cells = with(cv::Rect(left, top, without.cols, without.rows));
  EXPECT_EQ(cv::norm(cells, without, cv::NORM_INF), 0);
}

TEST(ImageGrid, SameInputSameBytes) {
  const test::TemporaryFolder folder;
  GridOptions options;
  options.row_captions = {"first"};
  write_grid_png(folder / "a.png", grey(5, 9), options);
  write_grid_png(folder / "b.png", grey(5, 9), options);
  EXPECT_EQ(core::read_file(folder / "a.png"), core::read_file(folder / "b.png"));
}

TEST(ImageGrid, NonsenseIsRefused) {
  const test::TemporaryFolder folder;
  GridOptions options;
  EXPECT_ERSATZ_ERROR(write_grid_png(folder / "x.png", data::LabelledImages(), options),
                      core::ExitCode::kUsage, "no image");
  data::LabelledImages other = grey(1, 1);
  other.height = 3;
  other.width = 2;
  EXPECT_ERSATZ_ERROR(write_grid_png(folder / "x.png", {{"", grey(1, 1)}, {"", other}}, options),
                      core::ExitCode::kUsage, "images of 2x3 beside images of 3x2");
  options.scale = 0;
  EXPECT_ERSATZ_ERROR(write_grid_png(folder / "x.png", grey(1, 1), options), core::ExitCode::kUsage,
                      "scale 0");
  options.scale = 30'000;
  EXPECT_ERSATZ_ERROR(write_grid_png(folder / "x.png", grey(1, 1), options), core::ExitCode::kUsage,
                      "too large");
  options.scale = 1;
  options.columns = 0;
  EXPECT_ERSATZ_ERROR(write_grid_png(folder / "x.png", grey(1, 1), options), core::ExitCode::kUsage,
                      "0 columns");
  EXPECT_FALSE(std::filesystem::exists(folder / "x.png"));
}

}  // namespace
}  // namespace ersatz::report
