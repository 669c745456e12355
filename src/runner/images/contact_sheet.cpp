#include "runner/images/contact_sheet.h"

#include <algorithm>
#include <cstring>
#include <opencv2/imgproc.hpp>

#include "core/file_system.h"
#include "data/images/png_codec.h"
#include "generate/copy_paste/alpha_paste.h"
#include "runner/images/cutout_record.h"

namespace ersatz::runner {
namespace {

constexpr int kColumns = 4;
constexpr int kGutter = 8, kCaption = 16;  // px
constexpr int kPaper = 255, kInk = 40;
constexpr double kFontScale = 0.38;
constexpr std::size_t kCaptionLength = 46;

cv::Mat to_mat(const data::RgbImage& image) {
  cv::Mat mat(image.height, image.width, CV_8UC3);
  std::memcpy(mat.data, image.pixels.data(), image.pixels.size());
  return mat;
}

data::RgbImage plain(int width, int height, const cv::Vec3b& colour) {
  data::RgbImage image{width, height, {}};
  for (int i = 0; i < width * height; ++i) {
    image.pixels.insert(image.pixels.end(), colour.val, colour.val + 3);
  }
  return image;
}

// Scaled into a panel; small ones by whole factors and unsmoothed, so that edges can be seen.
void draw_panel(cv::Mat& row, int number, const cv::Mat& picture) {
  const double fit = std::min(static_cast<double>(kSheetPanel) / picture.cols,
                              static_cast<double>(kSheetPanel) / picture.rows);
  const double scale = fit >= 2 ? std::floor(fit) : fit;
  const cv::Size size(std::max(1, cvFloor(picture.cols * scale)),
                      std::max(1, cvFloor(picture.rows * scale)));
  cv::Mat scaled;
  cv::resize(picture, scaled, size, 0, 0,
             scale >= 2 ? cv::INTER_NEAREST : (scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC));
  const cv::Rect panel(number * kSheetPanel, 0, kSheetPanel, kSheetPanel);
  row(panel) = cv::Scalar(picture.at<cv::Vec3b>(0, 0));
  scaled.copyTo(row(cv::Rect(panel.x + (kSheetPanel - size.width) / 2,
                             (kSheetPanel - size.height) / 2, size.width, size.height)));
}

}  // namespace

SheetCell sheet_cell(const data::RgbImage& photo, const generate::Cutout& cutout,
                     std::string caption) {
  const int margin = std::max(2, std::max(cutout.image.width, cutout.image.height) / 16);
  const cv::Rect part = cv::Rect(cutout.box.x - margin, cutout.box.y - margin,
                                 cutout.box.width + 2 * margin, cutout.box.height + 2 * margin) &
                        cv::Rect(0, 0, photo.width, photo.height);
  cv::Mat row(kSheetPanel, 3 * kSheetPanel, CV_8UC3);
  draw_panel(row, 0, to_mat(photo)(part));
  int number = 1;
  for (const cv::Vec3b& colour : {cv::Vec3b(40, 40, 40), cv::Vec3b(90, 220, 90)}) {
    data::RgbImage ground =
        plain(cutout.image.width + 2 * margin, cutout.image.height + 2 * margin, colour);
    generate::alpha_paste(ground, cutout.image, margin, margin);
    draw_panel(row, number++, to_mat(ground));
  }
  data::RgbImage picture{row.cols, row.rows, {}};
  picture.pixels.assign(row.data, row.data + row.total() * 3);
  return {std::move(picture), std::move(caption)};
}

void write_contact_sheet(const std::filesystem::path& path, const std::vector<SheetCell>& cells) {
  const int columns = std::min(kColumns, static_cast<int>(cells.size()));
  const int rows = (static_cast<int>(cells.size()) + kColumns - 1) / kColumns;
  const int cell_width = 3 * kSheetPanel, cell_height = kSheetPanel + kCaption;
  cv::Mat sheet(kGutter + rows * (cell_height + kGutter),
                kGutter + columns * (cell_width + kGutter), CV_8UC3, cv::Scalar::all(kPaper));
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const int x = kGutter + static_cast<int>(i) % kColumns * (cell_width + kGutter);
    const int y = kGutter + static_cast<int>(i) / kColumns * (cell_height + kGutter);
    to_mat(cells[i].picture).copyTo(sheet(cv::Rect(x, y, cell_width, kSheetPanel)));
    std::string caption = cells[i].caption;
    if (caption.size() > kCaptionLength) {
      caption = "..." + caption.substr(caption.size() - kCaptionLength + 3);
    }
    cv::putText(sheet, caption, {x, y + kSheetPanel + kCaption - 4}, cv::FONT_HERSHEY_SIMPLEX,
                kFontScale, cv::Scalar::all(kInk), 1, cv::LINE_AA);
  }
  data::RgbImage picture{sheet.cols, sheet.rows, {}};
  picture.pixels.assign(sheet.data, sheet.data + sheet.total() * 3);
  core::write_file_atomic(path, data::encode_png(picture, {{kCutoutKeyword, kSheetText}}));
}

}  // namespace ersatz::runner
