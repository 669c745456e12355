#include "data/detection/mosaic.h"

#include <algorithm>
#include <cstring>

namespace ersatz::data {
namespace {

constexpr std::uint8_t kGrey = 114;

DetectionExample canvas(int side) {
  const auto pixels = static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
  return {{side, side, std::vector<std::uint8_t>(3 * pixels, kGrey)}, {}};
}

// Puts the picture's upper left corner at (left, top) of the canvas, cut off at [x0, x1) x [y0,
// y1).
void place(DetectionExample& to, const DetectionPicture& picture, int left, int top, int x0, int y0,
           int x1, int y1) {
  const RgbImage& from = picture.image;
  x0 = std::max({x0, left, 0});
  y0 = std::max({y0, top, 0});
  x1 = std::min({x1, left + from.width, to.image.width});
  y1 = std::min({y1, top + from.height, to.image.height});
  for (int y = y0; y < y1 && x0 < x1; ++y) {
    const std::size_t target =
        (static_cast<std::size_t>(y) * static_cast<std::size_t>(to.image.width) +
         static_cast<std::size_t>(x0)) *
        3;
    const std::size_t source =
        (static_cast<std::size_t>(y - top) * static_cast<std::size_t>(from.width) +
         static_cast<std::size_t>(x0 - left)) *
        3;
    std::memcpy(to.image.pixels.data() + target, from.pixels.data() + source,
                static_cast<std::size_t>(x1 - x0) * 3);
  }
  for (ObjectBox box : picture.boxes) {
    const auto clip = [](float value, int low, int high) {
      return std::clamp(value, static_cast<float>(low), static_cast<float>(high));
    };
    if (x0 >= x1 || y0 >= y1) continue;
    box.x0 = clip(box.x0 + static_cast<float>(left), x0, x1);
    box.x1 = clip(box.x1 + static_cast<float>(left), x0, x1);
    box.y0 = clip(box.y0 + static_cast<float>(top), y0, y1);
    box.y1 = clip(box.y1 + static_cast<float>(top), y0, y1);
    if (box.x0 < box.x1 && box.y0 < box.y1) to.boxes.push_back(box);
  }
}

}  // namespace

DetectionExample mosaic_example(const DetectionSet& set, std::int64_t index, core::Stream& random) {
  const int side = set.size;
  DetectionExample example = canvas(2 * side);
  const auto coordinate = [&] {
    return static_cast<int>(side / 2.0 + random.uniform_double() * side);
  };
  const int x = coordinate(), y = coordinate();
  for (int corner = 0; corner < 4; ++corner) {
    const auto which = corner == 0 ? static_cast<std::size_t>(index)
                                   : static_cast<std::size_t>(random.below(set.pictures.size()));
    const DetectionPicture& picture = set.pictures[which];
    const bool right = corner % 2 == 1, below = corner >= 2;
    place(example, picture, right ? x : x - picture.image.width,
          below ? y : y - picture.image.height, right ? x : 0, below ? y : 0, right ? 2 * side : x,
          below ? 2 * side : y);
  }
  return example;
}

DetectionExample centred_example(const DetectionSet& set, std::int64_t index) {
  const DetectionPicture& picture = set.pictures[static_cast<std::size_t>(index)];
  DetectionExample example = canvas(set.size);
  place(example, picture, (set.size - picture.image.width) / 2,
        (set.size - picture.image.height) / 2, 0, 0, set.size, set.size);
  return example;
}

void keep_inside(DetectionExample& example) {
  const auto width = static_cast<float>(example.image.width);
  const auto height = static_cast<float>(example.image.height);
  std::vector<ObjectBox> kept;
  for (ObjectBox box : example.boxes) {
    box.x0 = std::clamp(box.x0, 0.0F, width);
    box.x1 = std::clamp(box.x1, 0.0F, width);
    box.y0 = std::clamp(box.y0, 0.0F, height);
    box.y1 = std::clamp(box.y1, 0.0F, height);
    if (!box.crowd && box.x0 < box.x1 && box.y0 < box.y1) kept.push_back(box);
  }
  example.boxes = std::move(kept);
}

}  // namespace ersatz::data
