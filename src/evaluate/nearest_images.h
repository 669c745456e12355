// Has a generator memorised its training pictures? How far each of its pictures is from the nearest
// of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ersatz::evaluate {

struct NearestImages {
  std::vector<double> distances;     // [queries], root mean square over the pixels, in levels
  std::vector<std::size_t> nearest;  // [queries], the first of equally near references
};

// Both [N, bytes] of 8-bit pixels. Exact. Error::internal when sizes do not agree or there is no
// reference.
NearestImages nearest_images(const std::vector<std::uint8_t>& queries,
                             const std::vector<std::uint8_t>& references, std::size_t bytes);

}  // namespace ersatz::evaluate
