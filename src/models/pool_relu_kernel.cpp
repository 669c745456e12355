#include "models/pool_relu_kernel.h"

#include <algorithm>

#include "compute/vector_kernel.h"

namespace ersatz::models {

ERSATZ_VECTOR_KERNEL void pool_relu_forward(const float* __restrict input, float* __restrict output,
                                            std::uint8_t* __restrict winner,
                                            const PoolShape& shape) {
  const std::int64_t channels = shape.channels, row = shape.width * channels;
  const std::int64_t rows = shape.height / 2, columns = shape.width / 2;
  for (std::int64_t y = 0; y < rows; ++y) {
    for (std::int64_t x = 0; x < columns; ++x) {
      const float* a = input + 2 * y * row + 2 * x * channels;
      const float* b = a + channels;
      const float* c = a + row;
      const float* d = c + channels;
      const std::int64_t at = (y * columns + x) * channels;
      float* out = output + at;
      // `>` keeps the first of equal values and lets a NaN in `a` through; `!(<=)` lets later ones
      // through as well.
      if (winner == nullptr) {
        for (std::int64_t i = 0; i < channels; ++i) {
          float best = a[i];
          best = !(b[i] <= best) ? b[i] : best;
          best = !(c[i] <= best) ? c[i] : best;
          best = !(d[i] <= best) ? d[i] : best;
          out[i] = best <= 0.0F ? 0.0F : best;
        }
        continue;
      }
      std::uint8_t* which = winner + at;
      for (std::int64_t i = 0; i < channels; ++i) {
        float best = a[i];
        std::uint8_t position = 0;
        position = !(b[i] <= best) ? std::uint8_t{1} : position;
        best = !(b[i] <= best) ? b[i] : best;
        position = !(c[i] <= best) ? std::uint8_t{2} : position;
        best = !(c[i] <= best) ? c[i] : best;
        position = !(d[i] <= best) ? std::uint8_t{3} : position;
        best = !(d[i] <= best) ? d[i] : best;
        which[i] = best <= 0.0F ? std::uint8_t{4} : position;
        out[i] = best <= 0.0F ? 0.0F : best;
      }
    }
  }
}

ERSATZ_VECTOR_KERNEL void pool_relu_backward(const float* __restrict output_gradient,
                                             const std::uint8_t* __restrict winner,
                                             float* __restrict input_gradient,
                                             const PoolShape& shape) {
  const std::int64_t channels = shape.channels, row = shape.width * channels;
  const std::int64_t rows = shape.height / 2, columns = shape.width / 2;
  for (std::int64_t y = 0; y < rows; ++y) {
    float* top = input_gradient + 2 * y * row;
    for (std::int64_t x = 0; x < columns; ++x) {
      float* a = top + 2 * x * channels;
      float* b = a + channels;
      float* c = a + row;
      float* d = c + channels;
      const std::int64_t at = (y * columns + x) * channels;
      const float* gradient = output_gradient + at;
      const std::uint8_t* which = winner + at;
      for (std::int64_t i = 0; i < channels; ++i) {
        a[i] = which[i] == 0 ? gradient[i] : 0.0F;
        b[i] = which[i] == 1 ? gradient[i] : 0.0F;
        c[i] = which[i] == 2 ? gradient[i] : 0.0F;
        d[i] = which[i] == 3 ? gradient[i] : 0.0F;
      }
    }
    if (shape.width % 2 != 0) {
      float* last = top + (shape.width - 1) * channels;
      std::fill(last, last + channels, 0.0F);
      std::fill(last + row, last + row + channels, 0.0F);
    }
  }
  if (shape.height % 2 != 0) {
    float* last = input_gradient + (shape.height - 1) * row;
    std::fill(last, last + row, 0.0F);
  }
}

}  // namespace ersatz::models
