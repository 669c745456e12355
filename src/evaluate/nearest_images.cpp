#include "evaluate/nearest_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"

namespace ersatz::evaluate {
namespace {

// Pixels that are summed before it is looked whether the picture is too far already.
constexpr std::size_t kBlock = 112;

std::uint64_t squared_distance(const std::uint8_t* a, const std::uint8_t* b, std::size_t bytes,
                               std::uint64_t give_up) {
  std::uint64_t total = 0;
  for (std::size_t at = 0; at < bytes && total < give_up; at += kBlock) {
    const std::size_t end = std::min(bytes, at + kBlock);
    std::int32_t sum = 0;
    for (std::size_t i = at; i < end; ++i) {
      const std::int32_t d = a[i] - b[i];
      sum += d * d;
    }
    total += static_cast<std::uint64_t>(sum);
  }
  return total;
}

}  // namespace

NearestImages nearest_images(const std::vector<std::uint8_t>& queries,
                             const std::vector<std::uint8_t>& references, std::size_t bytes) {
  if (bytes == 0 || queries.size() % bytes != 0 || references.size() % bytes != 0 ||
      references.empty()) {
    throw core::Error::internal(fmt::format("pictures of {} bytes among {} and {} bytes", bytes,
                                            queries.size(), references.size()));
  }
  NearestImages result;
  for (std::size_t q = 0; q < queries.size(); q += bytes) {
    std::uint64_t best = std::numeric_limits<std::uint64_t>::max();
    std::size_t nearest = 0;
    for (std::size_t r = 0; r < references.size(); r += bytes) {
      const std::uint64_t distance =
          squared_distance(queries.data() + q, references.data() + r, bytes, best);
      if (distance < best) {
        best = distance;
        nearest = r / bytes;
      }
    }
    result.distances.push_back(std::sqrt(static_cast<double>(best) / static_cast<double>(bytes)));
    result.nearest.push_back(nearest);
  }
  return result;
}

}  // namespace ersatz::evaluate
