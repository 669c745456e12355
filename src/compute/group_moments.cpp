#include "compute/group_moments.h"

#include "compute/fused_kernel.h"

namespace ersatz::compute {

void Moments::join(const Moments& other) {
  if (other.count == 0) return;
  const double total = count + other.count, step = other.mean - mean;
  squares += other.squares + step * step * count * other.count / total;
  mean += step * other.count / total;
  count = total;
}

void group_moments(const float* x, std::int64_t rows, std::int64_t channels, std::int64_t groups,
                   Moments* moments, float* scratch) {
  float* sum = scratch;
  float* square = scratch + channels;
  channel_moments(vector_isa(), x, rows, channels, sum, square);
  const std::int64_t width = channels / groups;
  const auto n = static_cast<double>(rows);
  for (std::int64_t g = 0; g < groups; ++g) {
    const std::int64_t begin = g * width, end = begin + width;
    double mean = 0;
    for (std::int64_t c = begin; c < end; ++c) {
      mean += static_cast<double>(x[c]) + static_cast<double>(sum[c]) / n;
    }
    mean /= static_cast<double>(width);
    double squares = 0;
    for (std::int64_t c = begin; c < end; ++c) {
      const double s = static_cast<double>(sum[c]);
      const double step = static_cast<double>(x[c]) + s / n - mean;
      squares += static_cast<double>(square[c]) - s * s / n + n * step * step;
    }
    moments[g] = {n * static_cast<double>(width), mean, squares};
  }
}

}  // namespace ersatz::compute
