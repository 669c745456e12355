// Masks as closed outlines, for formats that have no masks.
#pragma once

#include <filesystem>
#include <vector>

#include "data/coco/rle.h"
#include "label/dataset/labelled_dataset.h"

namespace ersatz::label {

// Outer outlines around the pixels of a mask, one for each connected part: filling them (COCO's
// rules, data/coco/polygon_mask.h) gives the mask again but for holes and single pixels.
// Error::untrusted naming `source` when the mask spans more pixels than a picture may have
// (data/images/image_file.h).
std::vector<Outline> mask_outlines(const data::Rle& mask, const std::filesystem::path& source);

}  // namespace ersatz::label
