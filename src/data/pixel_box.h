// A rectangle of whole pixels.
#pragma once

namespace ersatz::data {

// [x, x + width) x [y, y + height); empty when width is 0.
struct PixelBox {
  int x = 0, y = 0, width = 0, height = 0;
  bool operator==(const PixelBox& other) const {
    return x == other.x && y == other.y && width == other.width && height == other.height;
  }
};

}  // namespace ersatz::data
