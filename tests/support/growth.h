// Whether work grows with its input or with the square of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <ctime>

namespace ersatz::test {

// How much larger the larger of the two inputs is. Far enough that the caches and pages which a
// larger one needs do not look like a square.
inline constexpr std::size_t kLarger = 16;

// How many times the processor time of work(n) that of work(kLarger * n) is: about 16 for linear
// work, 256 for quadratic. The least of three, so that other programs do not matter.
template <typename Work>
double growth(std::size_t n, const Work& work) {
  const auto least = [&](std::size_t count) {
    std::clock_t best = 0;
    for (int i = 0; i < 3; ++i) {
      const std::clock_t start = std::clock();
      work(count);
      const std::clock_t used = std::max<std::clock_t>(1, std::clock() - start);
      best = i == 0 ? used : std::min(best, used);
    }
    return static_cast<double>(best);
  };
  const double one = least(n);
  return least(kLarger * n) / one;
}

// Between the two.
inline constexpr double kNearlyLinear = 64;

}  // namespace ersatz::test
