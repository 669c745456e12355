#include "report/image_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <opencv2/imgproc.hpp>

#include "core/error.h"
#include "report/contact_sheet.h"

namespace ersatz::report {
namespace {

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

}  // namespace

void write_grid_png(const std::filesystem::path& path, const std::vector<GridRow>& rows,
                    const GridOptions& options) {
  require_drawable(rows, options);
  SheetPlan plan;
  plan.cell_width = rows.front().images.width * options.scale;
  plan.cell_height = rows.front().images.height * options.scale;
  plan.gutter = std::max(2, options.scale / 2);
  plan.column_captions = options.column_captions;
  for (const GridRow& row : rows) {
    plan.row_captions.push_back(row.caption);
    plan.columns = std::max(plan.columns, row.images.size());
  }
  ContactSheet sheet(plan, CV_8UC1);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const data::LabelledImages& images = rows[r].images;
    for (std::size_t i = 0; i < images.size(); ++i) {
      // OpenCV has no view of constant pixels; the copy keeps the caller's images untouched.
      cv::Mat image(images.height, images.width, CV_8UC1);
      std::copy_n(images.image(i), images.image_bytes(), image.data);
      cv::Mat cell = sheet.cell(r, i);
      cv::resize(image, cell, cell.size(), 0, 0, cv::INTER_NEAREST);
    }
  }
  sheet.write(path);
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
