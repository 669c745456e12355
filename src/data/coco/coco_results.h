// Detections in COCO's result format, as read_coco_detections reads them.
#pragma once

#include <filesystem>
#include <vector>

#include "data/coco/coco_reader.h"

namespace ersatz::data {

// Writes atomically, one detection per line: [{"image_id", "category_id", "score", "bbox",
// "segmentation"}]; masks as compressed run lengths. Same content, same bytes.
void write_coco_results(const std::filesystem::path& file, const std::vector<CocoObject>& objects);

}  // namespace ersatz::data
