#include "evaluate/kernel_distance.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/philox.h"
#include "evaluate/statistics.h"

namespace ersatz::evaluate {
namespace {

constexpr std::size_t kLanes = 8;

std::size_t rows_of(const std::vector<float>& features, std::int64_t width) {
  const auto columns = static_cast<std::size_t>(std::max<std::int64_t>(width, 1));
  const std::size_t rows = features.size() / columns;
  if (width < 1 || features.size() % columns != 0 || rows < 2) {
    throw core::Error::internal(
        fmt::format("{} features of width {} for a kernel distance", features.size(), width));
  }
  return rows;
}

// Several sums side by side, so that the compiler may use vectors.
double dot(const float* x, const float* y, std::size_t width) {
  double sums[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= width; i += kLanes) {
    for (std::size_t k = 0; k < kLanes; ++k) {
      sums[k] += static_cast<double>(x[i + k]) * static_cast<double>(y[i + k]);
    }
  }
  double total = 0;
  for (; i < width; ++i) total += static_cast<double>(x[i]) * static_cast<double>(y[i]);
  for (const double sum : sums) total += sum;
  return total;
}

double kernel(const float* x, const float* y, std::size_t width) {
  const double base = dot(x, y, width) / static_cast<double>(width) + 1;
  return base * base * base;
}

// Mean of the kernel over all pairs of different vectors of one set.
double within(const std::vector<float>& a, std::size_t rows, std::size_t width) {
  double sum = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = i + 1; j < rows; ++j) {
      sum += kernel(a.data() + i * width, a.data() + j * width, width);
    }
  }
  return 2 * sum / (static_cast<double>(rows) * static_cast<double>(rows - 1));
}

std::vector<float> subset(const std::vector<float>& features, std::size_t rows, std::size_t width,
                          std::size_t size, const core::Stream& random) {
  if (size == rows) return features;
  const std::vector<std::int64_t> order =
      core::permutation(static_cast<std::int64_t>(rows), random);
  std::vector<float> chosen;
  for (std::size_t i = 0; i < size; ++i) {
    const auto first = features.begin() + order[i] * static_cast<std::ptrdiff_t>(width);
    chosen.insert(chosen.end(), first, first + static_cast<std::ptrdiff_t>(width));
  }
  return chosen;
}

}  // namespace

double polynomial_mmd(const std::vector<float>& a, const std::vector<float>& b,
                      std::int64_t width) {
  const std::size_t n = rows_of(a, width), m = rows_of(b, width);
  const auto columns = static_cast<std::size_t>(width);
  double between = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < m; ++j) {
      between += kernel(a.data() + i * columns, b.data() + j * columns, columns);
    }
  }
  return within(a, n, columns) + within(b, m, columns) -
         2 * between / (static_cast<double>(n) * static_cast<double>(m));
}

KernelDistance kernel_distance(const std::vector<float>& a, const std::vector<float>& b,
                               std::int64_t width, const KernelDistanceOptions& options) {
  const std::size_t n = rows_of(a, width), m = rows_of(b, width);
  if (options.subsets < 1 || options.subset_size < 2) {
    throw core::Error::usage(
        fmt::format("a kernel distance over {} subsets of {} vectors is not possible",
                    options.subsets, options.subset_size));
  }
  const auto columns = static_cast<std::size_t>(width);
  const std::size_t size = std::min({n, m, static_cast<std::size_t>(options.subset_size)});
  const std::int64_t subsets = n == size && m == size ? 1 : options.subsets;
  std::vector<double> distances;
  for (std::int64_t i = 0; i < subsets; ++i) {
    const auto index = static_cast<std::uint64_t>(i);
    distances.push_back(polynomial_mmd(
        subset(a, n, columns, size, core::Stream(options.seed, "kernel-distance/a", index)),
        subset(b, m, columns, size, core::Stream(options.seed, "kernel-distance/b", index)),
        width));
  }
  return {mean(distances), sample_sd(distances)};
}

}  // namespace ersatz::evaluate
