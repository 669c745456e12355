// Ground truth and detections in COCO's JSON formats, for evaluation.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/coco/rle.h"

namespace ersatz::data {

// x, y, width, height in px; fractions are allowed.
struct CocoBox {
  double x = 0, y = 0, width = 0, height = 0;
};

struct CocoObject {
  std::int64_t id = 0, image_id = 0, category_id = 0;
  CocoBox box;
  double area = 0;  // px
  bool crowd = false;
  double score = 0;         // of detections
  std::optional<Rle> mask;  // when masks were asked for
};

struct CocoGroundTruth {
  std::vector<std::int64_t> image_ids;                // ascending
  std::map<std::int64_t, std::string> categories;     // id -> name
  std::map<std::int64_t, std::pair<int, int>> sizes;  // image id -> height, width
  std::vector<CocoObject> objects;                    // in the file's order
  std::map<std::int64_t, std::string> names;          // image id -> "file_name", where there is one
};

// `masks`: polygons, run lengths as numbers and as text become masks; without, they are not looked
// at. Error::missing when there is no file; Error::untrusted naming what is wrong: an image or
// category that is not declared, an id twice, a number that is not finite, a mask of another size
// than its picture; more than 2^20 px a side or 2^31 - 1 in all, more than 2^28 run lengths in all
// masks and parts of masks.
CocoGroundTruth read_coco_ground_truth(const std::filesystem::path& file, bool masks);

// Results: a list of {"image_id", "category_id", "score", "bbox" or "segmentation"}. A detection's
// area is that of its box or its mask; without a box it has its mask's. Ids are 1, 2, ... in the
// file's order. Error::untrusted as above, for images that the ground truth does not have, and for
// a detection without what is asked for. Categories that it does not have are kept.
std::vector<CocoObject> read_coco_detections(const std::filesystem::path& file,
                                             const CocoGroundTruth& truth, bool masks);

}  // namespace ersatz::data
