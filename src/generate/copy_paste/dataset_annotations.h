// The annotations of a finished copy-paste dataset.
#pragma once

#include <filesystem>
#include <vector>

#include "generate/copy_paste/cut_out.h"
#include "generate/copy_paste/image_record.h"

namespace ersatz::generate {

// Writes annotations/instances.json and, last, dataset.json. Ids count from 1: categories in the
// order of `classes`, images in that of `records`. Beside COCO's keys an image has "background" and
// "sha256", an annotation "cut_out", "pasted" (the rectangle of the cut-out) and, when it was
// varied, "variation".
void write_annotations(const std::filesystem::path& folder, const std::vector<CutOutClass>& classes,
                       const std::vector<ImageRecord>& records);

}  // namespace ersatz::generate
