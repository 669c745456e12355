#include "models/detection/yolov8_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/suggest.h"

namespace ersatz::models {
namespace {

struct Scale {
  char name;
  double depth, width;
  std::int64_t most;  // channels before the width is applied
};
constexpr Scale kScales[] = {{'n', 0.33, 0.25, 1024},
                             {'s', 0.33, 0.50, 1024},
                             {'m', 0.67, 0.75, 768},
                             {'l', 1.00, 1.00, 512},
                             {'x', 1.00, 1.25, 512}};

// Multiply-adds of one k x k convolution to h x w pixels.
double of_conv(std::int64_t in, std::int64_t out, std::int64_t k, double pixels) {
  return static_cast<double>(in * out * k * k) * pixels;
}

double of_c2f(std::int64_t in, std::int64_t out, std::int64_t n, double pixels) {
  const std::int64_t c = out / 2;
  return of_conv(in, 2 * c, 1, pixels) + static_cast<double>(n) * 2 * of_conv(c, c, 3, pixels) +
         of_conv((2 + n) * c, out, 1, pixels);
}

}  // namespace

const std::vector<std::string>& yolov8_scales() {
  static const std::vector<std::string> names = {"n", "s", "m", "l", "x"};
  return names;
}

char parse_yolov8_scale(std::string_view name) {
  const auto& names = yolov8_scales();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    throw core::unknown_name("scale of YOLOv8", name, names);
  }
  return name.front();
}

void check_yolov8_config(const Yolov8Config& config) {
  parse_yolov8_scale(std::string_view(&config.scale, 1));
  if (config.classes < 1 || config.classes > 10'000) {
    throw core::Error::usage(
        fmt::format("a detector of {} classes: 1 to 10000 are possible", config.classes));
  }
  if (config.prototypes < 1 || config.prototypes > 1024) {
    throw core::Error::usage(
        fmt::format("a detector of {} mask prototypes: 1 to 1024 are possible", config.prototypes));
  }
}

Yolov8Sizes::Yolov8Sizes(char scale) {
  parse_yolov8_scale(std::string_view(&scale, 1));
  for (const Scale& known : kScales) {
    if (known.name != scale) continue;
    depth_ = known.depth;
    width_ = known.width;
    most_ = known.most;
  }
}

std::int64_t Yolov8Sizes::channels(std::int64_t base) const {
  const double wide = static_cast<double>(std::min(base, most_)) * width_;
  return static_cast<std::int64_t>(std::ceil(wide / 8)) * 8;
}

std::int64_t Yolov8Sizes::repeats(std::int64_t base) const {
  return std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::nearbyint(static_cast<double>(base) * depth_)));
}

double yolov8_multiply_adds(const Yolov8Config& config, std::int64_t height, std::int64_t width) {
  check_yolov8_config(config);
  const Yolov8Sizes sizes(config.scale);
  const auto c = [&](std::int64_t base) { return sizes.channels(base); };
  const std::int64_t three = sizes.repeats(3), six = sizes.repeats(6);
  const auto at = [&](std::int64_t stride) {
    return static_cast<double>(height / stride) * static_cast<double>(width / stride);
  };
  double sum = of_conv(3, c(64), 3, at(2)) + of_conv(c(64), c(128), 3, at(4)) +
               of_c2f(c(128), c(128), three, at(4)) + of_conv(c(128), c(256), 3, at(8)) +
               of_c2f(c(256), c(256), six, at(8)) + of_conv(c(256), c(512), 3, at(16)) +
               of_c2f(c(512), c(512), six, at(16)) + of_conv(c(512), c(1024), 3, at(32)) +
               of_c2f(c(1024), c(1024), three, at(32));
  sum += of_conv(c(1024), c(1024) / 2, 1, at(32)) + of_conv(c(1024) * 2, c(1024), 1, at(32));
  sum += of_c2f(c(1024) + c(512), c(512), three, at(16)) +
         of_c2f(c(512) + c(256), c(256), three, at(8)) + of_conv(c(256), c(256), 3, at(16)) +
         of_c2f(c(256) + c(512), c(512), three, at(16)) + of_conv(c(512), c(512), 3, at(32)) +
         of_c2f(c(512) + c(1024), c(1024), three, at(32));
  const std::int64_t levels[] = {c(256), c(512), c(1024)};
  const auto branch = [&](std::int64_t in, std::int64_t middle, std::int64_t out, double pixels) {
    return of_conv(in, middle, 3, pixels) + of_conv(middle, middle, 3, pixels) +
           of_conv(middle, out, 1, pixels);
  };
  for (std::size_t i = 0; i < kYolov8Strides.size(); ++i) {
    const double pixels = at(kYolov8Strides[i]);
    sum += branch(levels[i], std::max<std::int64_t>({16, levels[0] / 4, 4 * kYolov8Bins}),
                  4 * kYolov8Bins, pixels);
    sum += branch(levels[i], std::max(levels[0], std::min<std::int64_t>(config.classes, 100)),
                  config.classes, pixels);
    if (!config.masks) continue;
    sum += branch(levels[i], std::max(levels[0] / 4, config.prototypes), config.prototypes, pixels);
  }
  if (config.masks) {
    const std::int64_t p = c(256);
    sum += of_conv(levels[0], p, 3, at(8)) + of_conv(p, p, 2, at(8)) + of_conv(p, p, 3, at(4)) +
           of_conv(p, config.prototypes, 1, at(4));
  }
  return sum;
}

const std::vector<std::string>& coco_class_names() {
  static const std::vector<std::string> names = {"person",        "bicycle",      "car",
                                                 "motorcycle",    "airplane",     "bus",
                                                 "train",         "truck",        "boat",
                                                 "traffic light", "fire hydrant", "stop sign",
                                                 "parking meter", "bench",        "bird",
                                                 "cat",           "dog",          "horse",
                                                 "sheep",         "cow",          "elephant",
                                                 "bear",          "zebra",        "giraffe",
                                                 "backpack",      "umbrella",     "handbag",
                                                 "tie",           "suitcase",     "frisbee",
                                                 "skis",          "snowboard",    "sports ball",
                                                 "kite",          "baseball bat", "baseball glove",
                                                 "skateboard",    "surfboard",    "tennis racket",
                                                 "bottle",        "wine glass",   "cup",
                                                 "fork",          "knife",        "spoon",
                                                 "bowl",          "banana",       "apple",
                                                 "sandwich",      "orange",       "broccoli",
                                                 "carrot",        "hot dog",      "pizza",
                                                 "donut",         "cake",         "chair",
                                                 "couch",         "potted plant", "bed",
                                                 "dining table",  "toilet",       "tv",
                                                 "laptop",        "mouse",        "remote",
                                                 "keyboard",      "cell phone",   "microwave",
                                                 "oven",          "toaster",      "sink",
                                                 "refrigerator",  "book",         "clock",
                                                 "vase",          "scissors",     "teddy bear",
                                                 "hair drier",    "toothbrush"};
  return names;
}

}  // namespace ersatz::models
