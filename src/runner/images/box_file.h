// Boxes around the things in photos, from a file that the user wrote or exported.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/pixel_box.h"

namespace ersatz::runner {

struct LabelledBox {
  data::PixelBox box;
  std::string class_name;  // empty: not told
};

// Photo -> its boxes, in the file's order. The name of a photo is what the file says.
using PhotoBoxes = std::map<std::string, std::vector<LabelledBox>>;

// A CSV file with the columns file,x,y,width,height[,class] in whole pixels, with or without that
// line at its head, or COCO JSON (images, annotations with "bbox", categories), by its ending
// .json. Coordinates of COCO are rounded outwards. Error::missing (40) when there is no such file,
// Error::usage (2) naming line or annotation for what is wrong in it.
PhotoBoxes read_boxes(const std::filesystem::path& file);

}  // namespace ersatz::runner
