// A picture of many cut-outs, to judge their edges by.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"
#include "generate/cutout/cutout.h"

namespace ersatz::runner {

// The part of the photo that was cut out, and the cut-out on dark grey and on bright green: a light
// halo shows on the one, a dark one and spots on the other.
struct SheetCell {
  data::RgbImage picture;  // kSheetPanel px high, three panels wide
  std::string caption;
};

inline constexpr int kSheetPanel = 128;  // px, of each panel

SheetCell sheet_cell(const data::RgbImage& photo, const generate::Cutout& cutout,
                     std::string caption);

// Writes the cells, four in a row with their captions, as PNG with the text kSheetText
// (cutout_record.h). Same cells, same bytes.
void write_contact_sheet(const std::filesystem::path& path, const std::vector<SheetCell>& cells);

}  // namespace ersatz::runner
