// Pictures with boxes to train a detector on, in memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"

namespace ersatz::data {

struct ObjectBox {
  std::int64_t class_index = 0;
  float x0 = 0, y0 = 0, x1 = 0, y1 = 0;  // px, x0 < x1, y0 < y1
  bool crowd = false;                    // many objects in one box: not trained on
};

// What is known of a picture before it is read.
struct DetectionLabel {
  std::filesystem::path path;
  std::string name;              // below the folder of pictures, '/'-separated
  int width = 0, height = 0;     // px
  std::vector<ObjectBox> boxes;  // px of the picture
};

struct DetectionPicture {
  std::string name;
  int width = 0, height = 0;     // px of the file
  RgbImage image;                // scaled such that its longer side is DetectionSet::size
  std::vector<ObjectBox> boxes;  // px of `image`
};

struct DetectionSet {
  int size = 0;  // px
  std::vector<std::string> classes;
  std::vector<DetectionPicture> pictures;

  std::size_t boxes() const;
};

// `image` scaled with its proportions (bilinear as OpenCV's INTER_LINEAR, Ultralytics' load_image)
// such that its longer side is `size` px, and the boxes with it.
DetectionPicture detection_picture(std::string name, const RgbImage& image,
                                   std::vector<ObjectBox> boxes, int size);

// Reads and scales all pictures, on all threads. Error::usage for a size outside [32, 8192],
// errors of read_image, Error::untrusted for a picture of another size than `labels` says.
DetectionSet load_detection_set(const std::vector<DetectionLabel>& labels,
                                const std::vector<std::string>& classes, int size);

// SHA-256 of everything in it.
std::string detection_digest(const DetectionSet& set);

}  // namespace ersatz::data
