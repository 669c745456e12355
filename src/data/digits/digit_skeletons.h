// How people write the ten digits: the paths a pen takes, before any personal style.
#pragma once

#include <vector>

namespace ersatz::data {

// Height of every digit is about 1 (y = 0 at the top, down), x = 0 is its middle.
struct SkeletonPoint {
  float x, y;
  bool corner = false;  // the pen changes direction abruptly here
};

using SkeletonStroke = std::vector<SkeletonPoint>;  // a smooth curve passes through the points

struct Skeleton {
  float share;  // of the writers who write the digit this way; the shares of a digit sum to 1
  std::vector<SkeletonStroke> strokes;
};

// The ways to write `digit` (0..9), e.g. a seven with and without a bar.
const std::vector<Skeleton>& digit_skeletons(int digit);

}  // namespace ersatz::data
