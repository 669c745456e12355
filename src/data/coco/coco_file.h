// COCO's JSON for instance segmentation (cocodataset.org, "Data format").
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "data/coco/rle.h"
#include "data/pixel_box.h"

namespace ersatz::data {

struct CocoCategory {
  std::int64_t id = 0;  // >= 1
  std::string name;
};

struct CocoImage {
  std::int64_t id = 0;
  std::string file_name;  // relative to the folder of the images, '/'-separated
  int width = 0, height = 0;
  core::Json more;  // an object of further keys, or null
};

struct CocoAnnotation {
  std::int64_t id = 0, image_id = 0, category_id = 0;
  PixelBox box;
  std::int64_t area = 0;     // px inside the mask
  std::string segmentation;  // rle_text() of the mask, of the image's size
  core::Json more;
};

struct CocoInstances {
  core::Json info;  // an object
  std::vector<CocoCategory> categories;
  std::vector<CocoImage> images;
  std::vector<CocoAnnotation> annotations;
};

// Writes atomically, one image or annotation per line: large sets stay readable and diff well.
// Masks are compressed run lengths, which pycocotools reads as they are; "iscrowd" is 0. Same
// content, same bytes. Error::internal for an annotation whose image is not in the set.
void write_coco(const std::filesystem::path& path, const CocoInstances& instances);

}  // namespace ersatz::data
