// Contact sheets of photographs and generated pictures, as in the papers' figures of samples.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"

namespace ersatz::report {

struct PhotoRow {
  std::string caption;                 // left of the row; may be empty
  std::vector<data::RgbImage> photos;  // rows may differ in length
};

struct PhotoGridOptions {
  int cell = 128;                            // px, the side of a cell
  std::vector<std::string> column_captions;  // above the columns; fewer than columns is allowed
};

// Writes an 8-bit RGB PNG. A photo keeps its proportions: its longer side fills the cell (averaged
// down, or interpolated up), the rest of the cell stays white. Captions are ASCII (others become
// '?'). Same input and OpenCV version, same bytes. Throws Error::usage when there is no photo, one
// is empty, or the picture would exceed 65,500 px; Error::io when it cannot be written.
void write_photo_grid_png(const std::filesystem::path& path, const std::vector<PhotoRow>& rows,
                          const PhotoGridOptions& options = {});

}  // namespace ersatz::report
