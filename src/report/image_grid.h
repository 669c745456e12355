// Pictures of sample images: contact sheets, and rows of "GAN in" and "GAN out" digits.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/labelled_images.h"

namespace ersatz::report {

struct GridOptions {
  int columns = 10;  // of the flat form; rows given one by one may differ in length
  int scale = 4;     // every image pixel becomes scale x scale, unsmoothed
  std::vector<std::string> column_captions;  // above the columns; fewer than columns is allowed
  std::vector<std::string> row_captions;     // left of the rows (flat form)
};

struct GridRow {
  std::string caption;  // left of the row; may be empty
  data::LabelledImages images;
};

// Writes an 8-bit grey PNG: black-background images on white, separated by thin gutters. Captions
// are ASCII (others become '?'). Same input and OpenCV version, same bytes. Throws Error::usage
// when there is no image, sizes differ, or the picture would exceed 65,500 px; Error::io when it
// cannot be written.
void write_grid_png(const std::filesystem::path& path, const std::vector<GridRow>& rows,
                    const GridOptions& options = {});

// The images in reading order, `columns` per row.
void write_grid_png(const std::filesystem::path& path, const data::LabelledImages& images,
                    const GridOptions& options = {});

}  // namespace ersatz::report
