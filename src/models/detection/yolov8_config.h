// The sizes of YOLOv8 (Ultralytics 2023; yolov8.yaml and yolov8-seg.yaml). No libtorch.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ersatz::models {

struct Yolov8Config {
  char scale = 'n';           // n, s, m, l or x
  std::int64_t classes = 80;  // 1 to 10,000
  bool masks = false;         // the segmentation head
  std::int64_t prototypes = 32;
  // Normalisation folded into the convolutions, for inference: "conv.bias" instead of "bn.*".
  bool folded = false;
};

inline constexpr std::int64_t kYolov8Bins = 16;  // of each side's distance, in cells
inline constexpr std::array<std::int64_t, 3> kYolov8Strides = {8, 16, 32};

// The names of the scales, and the number for --scale. Error::unknown for another.
const std::vector<std::string>& yolov8_scales();
char parse_yolov8_scale(std::string_view name);

// Error::usage naming what is out of range.
void check_yolov8_config(const Yolov8Config& config);

// Channels and repetitions of a scale.
class Yolov8Sizes {
 public:
  // Error::usage for an unknown scale.
  explicit Yolov8Sizes(char scale);
  // `base`: the number in the description of the largest width, 64 to 1024.
  std::int64_t channels(std::int64_t base) const;
  // At least 1, rounded to even.
  std::int64_t repeats(std::int64_t base) const;

 private:
  double depth_ = 0, width_ = 0;
  std::int64_t most_ = 0;
};

// Multiply-adds of a forward pass of one input of this size (multiples of 32) in the convolutions.
// Published GFLOP (2 each): n 8.7, s 28.6, m 78.9, l 165.2, x 257.8 at 640 x 640, 80 classes.
double yolov8_multiply_adds(const Yolov8Config& config, std::int64_t height, std::int64_t width);

// The classes of COCO in the order of the published weights: "person", "bicycle", ...
const std::vector<std::string>& coco_class_names();

}  // namespace ersatz::models
