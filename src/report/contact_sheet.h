// The paper that sample grids are drawn on: equal cells in rows and columns with captions. Shared
// by image_grid.h and photo_grid.h.
#pragma once

#include <cstddef>
#include <filesystem>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

namespace ersatz::report {

struct SheetPlan {
  int cell_width = 0, cell_height = 0;  // px
  int gutter = 2;                       // px, between cells and around the sheet
  std::size_t columns = 0;
  std::vector<std::string> row_captions;     // one per row; may be empty
  std::vector<std::string> column_captions;  // above the columns; fewer than columns is allowed
};

class ContactSheet {
 public:
  // `type`: CV_8UC1 (grey) or CV_8UC3 (RGB). White, with the captions drawn; those are ASCII
  // (others become '?'). Error::usage when the sheet would exceed 65,500 px.
  ContactSheet(const SheetPlan& plan, int type);

  // The pixels of one cell, to be written to.
  cv::Mat cell(std::size_t row, std::size_t column);

  // As PNG. Same pixels and OpenCV version, same bytes. Error::io when it cannot be written.
  void write(const std::filesystem::path& path) const;

 private:
  SheetPlan plan_;
  int left_ = 0, top_ = 0;  // px taken by the captions
  cv::Mat pixels_;
};

}  // namespace ersatz::report
