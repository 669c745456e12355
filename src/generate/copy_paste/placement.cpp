#include "generate/copy_paste/placement.h"

#include <algorithm>
#include <cstdint>

namespace ersatz::generate {

bool boxes_meet(const data::PixelBox& a, const data::PixelBox& b) {
  return a.x <= b.x + b.width && b.x <= a.x + a.width && a.y <= b.y + b.height &&
         b.y <= a.y + a.height;
}

std::optional<data::PixelBox> place(int width, int height, int picture_width, int picture_height,
                                    const std::vector<data::PixelBox>& taken,
                                    core::Stream& stream) {
  const auto places_x = static_cast<std::uint64_t>(std::max(0, picture_width - width)) + 1;
  const auto places_y = static_cast<std::uint64_t>(std::max(0, picture_height - height)) + 1;
  for (int i = 0; i < kMaxTries; ++i) {
    data::PixelBox box{0, 0, width, height};
    box.x = static_cast<int>(stream.below(places_x));
    box.y = static_cast<int>(stream.below(places_y));
    const bool free = std::none_of(taken.begin(), taken.end(), [&](const data::PixelBox& other) {
      return boxes_meet(box, other);
    });
    if (free) return box;
  }
  return std::nullopt;
}

}  // namespace ersatz::generate
