#include "report/image_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string_view>

#include "core/error.h"
#include "core/file_system.h"

namespace ersatz::report {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr int kMaxSide = 65'500;  // px; what common viewers open
constexpr double kPaper = 255, kCaptionInk = 30;

struct Layout {
  int cell_width, cell_height;  // px, of one scaled image
  int gutter;                   // px, between cells and around the sheet
  double font_scale;
  int thickness;    // px, of the lines of the captions
  int text_height;  // px
  int left, top;    // px taken by the captions
  int columns, rows;

  int width() const { return left + gutter + columns * (cell_width + gutter); }
  int height() const { return top + gutter + rows * (cell_height + gutter); }
  cv::Point cell(int row, int column) const {
    return {left + gutter + column * (cell_width + gutter),
            top + gutter + row * (cell_height + gutter)};
  }
};

cv::Size text_size(const std::string& text, const Layout& layout) {
  int baseline = 0;
  return cv::getTextSize(text, kFont, layout.font_scale, layout.thickness, &baseline);
}

Layout plan(const std::vector<GridRow>& rows, const GridOptions& options) {
  Layout layout{};
  const data::LabelledImages& first = rows.front().images;
  layout.cell_width = first.width * options.scale;
  layout.cell_height = first.height * options.scale;
  layout.gutter = std::max(2, options.scale / 2);
  // Captions as tall as a fifth of a cell, but readable on small ones and modest on large ones.
  layout.text_height = std::clamp(layout.cell_height / 5, 10, 20);
  layout.thickness = layout.text_height < 15 ? 1 : 2;
  layout.font_scale = cv::getFontScaleFromHeight(kFont, layout.text_height, layout.thickness);
  layout.rows = static_cast<int>(rows.size());
  for (const GridRow& row : rows) {
    layout.columns = std::max(layout.columns, static_cast<int>(row.images.size()));
    if (!row.caption.empty()) {
      layout.left =
          std::max(layout.left, text_size(row.caption, layout).width + layout.text_height);
    }
  }
  if (!options.column_captions.empty()) layout.top = 2 * layout.text_height;
  return layout;
}

void require_drawable(const std::vector<GridRow>& rows, const GridOptions& options) {
  if (options.scale < 1) {
    throw core::Error::usage(fmt::format("image grid: scale {} is not positive", options.scale));
  }
  bool any = false;
  for (const GridRow& row : rows) {
    const data::LabelledImages& first = rows.front().images;
    any = any || row.images.size() > 0;
    if (row.images.height != first.height || row.images.width != first.width || first.height < 1 ||
        first.width < 1) {
      throw core::Error::usage(fmt::format("image grid: images of {}x{} beside images of {}x{}",
                                           row.images.width, row.images.height, first.width,
                                           first.height));
    }
  }
  if (!any) throw core::Error::usage("image grid: there is no image to show");
}

void draw_caption(cv::Mat& sheet, const std::string& text, cv::Point baseline_left,
                  const Layout& layout) {
  cv::putText(sheet, text, baseline_left, kFont, layout.font_scale, cv::Scalar(kCaptionInk),
              layout.thickness, cv::LINE_AA);
}

}  // namespace

void write_grid_png(const std::filesystem::path& path, const std::vector<GridRow>& rows,
                    const GridOptions& options) {
  require_drawable(rows, options);
  const Layout layout = plan(rows, options);
  if (layout.width() > kMaxSide || layout.height() > kMaxSide) {
    throw core::Error::usage(fmt::format("image grid: a picture of {}x{} px is too large",
                                         layout.width(), layout.height()),
                             "fewer images or a smaller scale");
  }
  cv::Mat sheet(layout.height(), layout.width(), CV_8UC1, cv::Scalar(kPaper));
  const std::size_t captioned =
      std::min(options.column_captions.size(), static_cast<std::size_t>(layout.columns));
  for (std::size_t column = 0; column < captioned; ++column) {
    const std::string& text = options.column_captions[column];
    const int x = layout.cell(0, static_cast<int>(column)).x +
                  (layout.cell_width - text_size(text, layout).width) / 2;
    draw_caption(sheet, text, {x, layout.top - layout.text_height / 2}, layout);
  }
  for (int r = 0; r < layout.rows; ++r) {
    const GridRow& row = rows[static_cast<std::size_t>(r)];
    if (!row.caption.empty()) {
      const int x = layout.left - layout.text_height / 2 - text_size(row.caption, layout).width;
      const int y = layout.cell(r, 0).y + (layout.cell_height + layout.text_height) / 2;
      draw_caption(sheet, row.caption, {x, y}, layout);
    }
    for (std::size_t i = 0; i < row.images.size(); ++i) {
      // OpenCV has no view of constant pixels; the copy keeps the caller's images untouched.
      cv::Mat image(row.images.height, row.images.width, CV_8UC1);
      std::copy_n(row.images.image(i), row.images.image_bytes(), image.data);
      const cv::Rect place(layout.cell(r, static_cast<int>(i)),
                           cv::Size(layout.cell_width, layout.cell_height));
      cv::resize(image, sheet(place), place.size(), 0, 0, cv::INTER_NEAREST);
    }
  }
  std::vector<std::uint8_t> png;
  if (!cv::imencode(".png", sheet, png, {cv::IMWRITE_PNG_COMPRESSION, 9})) {
    throw core::Error::internal("image grid: PNG encoding failed");
  }
  core::write_file_atomic(path,
                          std::string_view(reinterpret_cast<const char*>(png.data()), png.size()));
}

void write_grid_png(const std::filesystem::path& path, const data::LabelledImages& images,
                    const GridOptions& options) {
  if (options.columns < 1) {
    throw core::Error::usage(
        fmt::format("image grid: {} columns are not possible", options.columns));
  }
  const auto columns = static_cast<std::size_t>(options.columns);
  std::vector<GridRow> rows;
  for (std::size_t begin = 0; begin < images.size(); begin += columns) {
    const std::size_t end = std::min(images.size(), begin + columns);
    GridRow row;
    if (rows.size() < options.row_captions.size()) row.caption = options.row_captions[rows.size()];
    row.images = data::slice(images, begin, end);
    rows.push_back(std::move(row));
  }
  write_grid_png(path, rows, options);
}

}  // namespace ersatz::report
