#include "report/photo_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/error.h"
#include "report/contact_sheet.h"

namespace ersatz::report {
namespace {

void draw(const data::RgbImage& photo, cv::Mat cell) {
  // OpenCV has no view of constant pixels; it does not write to these.
  const cv::Mat image(photo.height, photo.width, CV_8UC3,
                      const_cast<std::uint8_t*>(photo.pixels.data()));
  const double scale = static_cast<double>(cell.cols) / std::max(photo.width, photo.height);
  const int width = std::max(1, static_cast<int>(std::lround(photo.width * scale)));
  const int height = std::max(1, static_cast<int>(std::lround(photo.height * scale)));
  const cv::Rect place((cell.cols - width) / 2, (cell.rows - height) / 2, width, height);
  cv::resize(image, cell(place), place.size(), 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
}

}  // namespace

void write_photo_grid_png(const std::filesystem::path& path, const std::vector<PhotoRow>& rows,
                          const PhotoGridOptions& options) {
  if (options.cell < 1) {
    throw core::Error::usage(
        fmt::format("image grid: cells of {} px are not possible", options.cell));
  }
  SheetPlan plan;
  plan.cell_width = plan.cell_height = options.cell;
  plan.gutter = std::max(2, options.cell / 32);
  plan.column_captions = options.column_captions;
  for (const PhotoRow& row : rows) {
    plan.row_captions.push_back(row.caption);
    plan.columns = std::max(plan.columns, row.photos.size());
    for (const data::RgbImage& photo : row.photos) {
      if (photo.width < 1 || photo.height < 1) {
        throw core::Error::usage(
            fmt::format("image grid: an empty photo in row '{}'", row.caption));
      }
    }
  }
  if (plan.columns == 0) throw core::Error::usage("image grid: there is no photo to show");
  ContactSheet sheet(plan, CV_8UC3);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < rows[r].photos.size(); ++c)
      draw(rows[r].photos[c], sheet.cell(r, c));
  }
  sheet.write(path);
}

}  // namespace ersatz::report
