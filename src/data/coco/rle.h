// Binary masks as run lengths in column-major order, as COCO stores them, and the text form in
// which its JSON files carry them (cocodataset/cocoapi, common/maskApi.c).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "data/pixel_box.h"

namespace ersatz::data {

// Pixels are counted down the columns, left to right. The runs alternate between outside and
// inside, beginning with outside (0 when the first pixel is inside), and add up to height * width.
struct Rle {
  int height = 0, width = 0;  // px
  std::vector<std::uint32_t> counts;
};

// `mask`: [height, width], rows first; what is not 0 is inside.
Rle encode_rle(const std::uint8_t* mask, int height, int width);

// A mask of the size of `box` put at its place in a picture of height x width; what reaches beyond
// the picture is cut off. `mask`: [box.height, box.width], rows first.
Rle encode_rle(const std::uint8_t* mask, const PixelBox& box, int height, int width);

// The same from the run lengths of the part alone, in time proportional to runs and columns. The
// box has the part's size and lies inside the picture: Error::internal otherwise.
Rle embed_rle(const Rle& part, const PixelBox& box, int height, int width);

// [height, width], rows first, 1 inside and 0 outside. Error::internal when the runs do not add up.
std::vector<std::uint8_t> decode_rle(const Rle& rle);

std::int64_t rle_area(const Rle& rle);  // px inside
PixelBox rle_box(const Rle& rle);       // tight; empty when nothing is inside

// The text of COCO's "counts": runs from the fourth on as differences to the one before the last,
// five bits and a continuation bit per character, from '0' on.
std::string rle_text(const Rle& rle);

// The reverse. Error::untrusted naming `file` for characters outside '0'..'o', for a number that is
// cut off or out of range, and when the runs do not add up to height * width.
Rle parse_rle_text(std::string_view text, int height, int width, const std::filesystem::path& file);

}  // namespace ersatz::data
