// Whether work grows with its input or with the square of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <ctime>

namespace ersatz::test {

// How many times the processor time of work(n) that of work(4 n) is: about 4 for linear work, 16
// for quadratic. The least of three, so that other programs do not matter.
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
  return least(4 * n) / one;
}

// Between the two.
inline constexpr double kNearlyLinear = 8;

}  // namespace ersatz::test
