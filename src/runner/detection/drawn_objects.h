// Pictures with what was found in them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"
#include "runner/detection/found_objects.h"

namespace ersatz::runner {

// Writes folder/drawn/<name>.jpg: outlines, boxes, class and score, the best on top; at most 1024
// px a side.
void draw_found_objects(const std::filesystem::path& folder, const data::RgbImage& picture,
                        const PictureObjects& found, const std::vector<std::string>& classes);

}  // namespace ersatz::runner
