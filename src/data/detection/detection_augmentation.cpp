#include "data/detection/detection_augmentation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "core/error.h"
#include "core/philox.h"
#include "data/detection/mosaic.h"

namespace ersatz::data {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr float kLeastSide = 2;  // px
constexpr double kLeastArea = 0.1, kMostElongated = 100;

double within(double range, core::Stream& random) {
  return range * (2 * random.uniform_double() - 1);
}

// The affine map from a canvas of `from` px to one of `to` px, 2 x 3, rows first; and its gain.
struct AffineMap {
  std::array<double, 6> m = {1, 0, 0, 0, 1, 0};
  double gain = 1;
};

AffineMap draw_map(const DetectionAugmentation& options, int from, int to, core::Stream& random) {
  const double angle = within(options.degrees, random) * kPi / 180;
  const double gain = 1 + within(options.scale, random);
  const double shear_x = std::tan(within(options.shear, random) * kPi / 180);
  const double shear_y = std::tan(within(options.shear, random) * kPi / 180);
  const double x = (0.5 + within(options.translate, random)) * to;
  const double y = (0.5 + within(options.translate, random)) * to;
  // Rotation and gain as cv::getRotationMatrix2D, then shear; around the middle.
  const double c = gain * std::cos(angle), s = gain * std::sin(angle);
  const double a = c - shear_x * s, b = s + shear_x * c;
  const double d = shear_y * c - s, e = shear_y * s + c;
  const double middle = from / 2.0;
  return {{a, b, x - (a + b) * middle, d, e, y - (d + e) * middle}, gain};
}

bool is_identity(const AffineMap& map) { return map.m == std::array<double, 6>{1, 0, 0, 0, 1, 0}; }

ObjectBox mapped(const ObjectBox& box, const AffineMap& map) {
  const auto& m = map.m;
  ObjectBox to = box;
  bool first = true;
  for (const float x : {box.x0, box.x1}) {
    for (const float y : {box.y0, box.y1}) {
      const auto u = static_cast<float>(m[0] * x + m[1] * y + m[2]);
      const auto v = static_cast<float>(m[3] * x + m[4] * y + m[5]);
      to.x0 = first ? u : std::min(to.x0, u);
      to.x1 = first ? u : std::max(to.x1, u);
      to.y0 = first ? v : std::min(to.y0, v);
      to.y1 = first ? v : std::max(to.y1, v);
      first = false;
    }
  }
  return to;
}

// Whether enough is left of a box of this area.
bool is_candidate(const ObjectBox& box, double area) {
  const double w = box.x1 - box.x0, h = box.y1 - box.y0;
  return w > kLeastSide && h > kLeastSide && w * h > kLeastArea * area &&
         std::max(w / h, h / w) < kMostElongated;
}

DetectionExample warped(DetectionExample example, const AffineMap& map, int side) {
  if (is_identity(map) && example.image.width == side) {
    keep_inside(example);
    return example;
  }
  DetectionExample to;
  to.image = {side, side,
              std::vector<std::uint8_t>(static_cast<std::size_t>(side) *
                                        static_cast<std::size_t>(side) * 3)};
  const cv::Mat from(example.image.height, example.image.width, CV_8UC3,
                     example.image.pixels.data());
  cv::Mat target(side, side, CV_8UC3, to.image.pixels.data());
  const cv::Mat matrix(2, 3, CV_64F, const_cast<double*>(map.m.data()));
  cv::warpAffine(from, target, matrix, target.size(), cv::INTER_LINEAR, cv::BORDER_CONSTANT,
                 cv::Scalar(114, 114, 114));
  for (const ObjectBox& box : example.boxes) {
    DetectionExample one;
    one.image.width = one.image.height = side;
    one.boxes = {mapped(box, map)};
    keep_inside(one);
    const double area =
        static_cast<double>(box.x1 - box.x0) * (box.y1 - box.y0) * map.gain * map.gain;
    if (!one.boxes.empty() && is_candidate(one.boxes[0], area)) to.boxes.push_back(one.boxes[0]);
  }
  return to;
}

void change_colours(RgbImage& image, const DetectionAugmentation& options, core::Stream& random) {
  const double hue = 1 + within(options.hue, random);
  const double saturation = 1 + within(options.saturation, random);
  const double value = 1 + within(options.value, random);
  if (hue == 1 && saturation == 1 && value == 1) return;
  cv::Mat pixels(image.height, image.width, CV_8UC3, image.pixels.data()), hsv;
  cv::cvtColor(pixels, hsv, cv::COLOR_RGB2HSV);
  cv::Mat table(1, 256, CV_8UC3);
  for (int i = 0; i < 256; ++i) {
    const auto clipped = [&](double gain) {
      return static_cast<std::uint8_t>(std::clamp(i * gain, 0.0, 255.0));
    };
    table.at<cv::Vec3b>(0, i) = {static_cast<std::uint8_t>(std::fmod(i * hue, 180)),
                                 clipped(saturation), clipped(value)};
  }
  cv::LUT(hsv, table, hsv);
  cv::cvtColor(hsv, pixels, cv::COLOR_HSV2RGB);
}

void flip(DetectionExample& example, bool horizontal, bool vertical) {
  if (!horizontal && !vertical) return;
  cv::Mat pixels(example.image.height, example.image.width, CV_8UC3, example.image.pixels.data());
  cv::flip(pixels.clone(), pixels, horizontal && vertical ? -1 : horizontal ? 1 : 0);
  const auto width = static_cast<float>(example.image.width);
  const auto height = static_cast<float>(example.image.height);
  for (ObjectBox& box : example.boxes) {
    if (horizontal) {
      box.x0 = width - std::exchange(box.x1, width - box.x0);
    }
    if (vertical) {
      box.y0 = height - std::exchange(box.y1, height - box.y0);
    }
  }
}

}  // namespace

DetectionAugmentation no_detection_augmentation() { return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0}; }

DetectionExample augmented_example(const DetectionSet& set, std::int64_t index,
                                   const DetectionAugmentation& options, std::uint64_t seed,
                                   std::int64_t epoch) {
  if (index < 0 || index >= static_cast<std::int64_t>(set.pictures.size())) {
    throw core::Error::internal("a training picture that there is not");
  }
  core::Stream random(seed, "detection/augmentation",
                      static_cast<std::uint64_t>(epoch) << 32 | static_cast<std::uint64_t>(index));
  const bool mosaic = random.uniform_double() < options.mosaic;
  DetectionExample canvas =
      mosaic ? mosaic_example(set, index, random) : centred_example(set, index);
  const AffineMap map = draw_map(options, canvas.image.width, set.size, random);
  DetectionExample example = warped(std::move(canvas), map, set.size);
  change_colours(example.image, options, random);
  const bool vertical = random.uniform_double() < options.vertical_flip;
  const bool horizontal = random.uniform_double() < options.horizontal_flip;
  flip(example, horizontal, vertical);
  return example;
}

core::Json describe(const DetectionAugmentation& options) {
  return {{"mosaic", options.mosaic},
          {"degrees", options.degrees},
          {"translate", options.translate},
          {"scale", options.scale},
          {"shear", options.shear},
          {"hue", options.hue},
          {"saturation", options.saturation},
          {"value", options.value},
          {"horizontal_flip", options.horizontal_flip},
          {"vertical_flip", options.vertical_flip}};
}

void check(const DetectionAugmentation& options) {
  for (const double share : {options.mosaic, options.horizontal_flip, options.vertical_flip,
                             options.hue, options.saturation, options.value, options.translate}) {
    if (!(share >= 0 && share <= 1)) {
      throw core::Error::usage(
          "probabilities, shifts and colour gains of the augmentation lie "
          "between 0 and 1");
    }
  }
  if (!(options.scale >= 0 && options.scale < 1)) {
    throw core::Error::usage("the scale of the augmentation is at least 0 and below 1");
  }
  if (!(options.degrees >= 0 && options.degrees <= 180 && options.shear >= 0 &&
        options.shear <= 80)) {
    throw core::Error::usage("rotation up to 180 and shear up to 80 degrees");
  }
}

}  // namespace ersatz::data
