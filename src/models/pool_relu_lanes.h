// The loops of models/pool_relu_kernel.cpp, compiled once per instruction set
// (compute/vector_isa.h).

// Sixteen channels at a time, in vector types of the compiler: the comparison of floats, the choice
// of positions and the narrowing to bytes then stay in registers.
constexpr int kLanes = 16;
using Floats = float __attribute__((vector_size(kLanes * sizeof(float))));
using Integers = std::int32_t __attribute__((vector_size(kLanes * sizeof(std::int32_t))));
using Bytes = std::uint8_t __attribute__((vector_size(kLanes)));

// In both functions a, b, c, d are the corners of a window in row-major order. A later value wins
// when it is greater or NaN; the first of equal values is kept; a NaN is never replaced by a
// number.

inline void pool_relu_forward(const float* __restrict input, float* __restrict output,
                              std::uint8_t* __restrict winner, const PoolShape& shape) {
  const std::int64_t channels = shape.channels, row = shape.width * channels;
  const std::int64_t rows = shape.height / 2, columns = shape.width / 2;
  for (std::int64_t y = 0; y < rows; ++y) {
    for (std::int64_t x = 0; x < columns; ++x) {
      const float* a = input + 2 * y * row + 2 * x * channels;
      const float* corners[4] = {a, a + channels, a + row, a + row + channels};
      const std::int64_t at = (y * columns + x) * channels;
      std::int64_t i = 0;
      for (; i + kLanes <= channels; i += kLanes) {
        Floats best, next;
        Integers position = {};
        std::memcpy(&best, a + i, sizeof best);
        for (int k = 1; k < 4; ++k) {
          std::memcpy(&next, corners[k] + i, sizeof next);
          const Integers wins = (next > best) | (next != next);
          best = wins ? next : best;
          position = wins ? Integers{} + k : position;
        }
        const Integers dead = best <= 0.0F;
        best = dead ? Floats{} : best;
        std::memcpy(output + at + i, &best, sizeof best);
        if (winner != nullptr) {
          const Bytes narrow = __builtin_convertvector(dead ? Integers{} + 4 : position, Bytes);
          std::memcpy(winner + at + i, &narrow, sizeof narrow);
        }
      }
      for (; i < channels; ++i) {
        float best = a[i];
        std::uint8_t position = 0;
        for (std::uint8_t k = 1; k < 4; ++k) {
          const float next = corners[k][i];
          if (next > best || next != next) {
            best = next;
            position = k;
          }
        }
        const bool dead = best <= 0.0F;
        output[at + i] = dead ? 0.0F : best;
        if (winner != nullptr) winner[at + i] = dead ? 4 : position;
      }
    }
  }
}

inline void pool_relu_backward(const float* __restrict output_gradient,
                               const std::uint8_t* __restrict winner,
                               float* __restrict input_gradient, const PoolShape& shape) {
  const std::int64_t channels = shape.channels, row = shape.width * channels;
  const std::int64_t rows = shape.height / 2, columns = shape.width / 2;
  for (std::int64_t y = 0; y < rows; ++y) {
    float* top = input_gradient + 2 * y * row;
    for (std::int64_t x = 0; x < columns; ++x) {
      float* a = top + 2 * x * channels;
      float* corners[4] = {a, a + channels, a + row, a + row + channels};
      const std::int64_t at = (y * columns + x) * channels;
      std::int64_t i = 0;
      for (; i + kLanes <= channels; i += kLanes) {
        Floats gradient;
        Bytes narrow;
        std::memcpy(&gradient, output_gradient + at + i, sizeof gradient);
        std::memcpy(&narrow, winner + at + i, sizeof narrow);
        const Integers position = __builtin_convertvector(narrow, Integers);
        for (int k = 0; k < 4; ++k) {
          const Floats share = position == k ? gradient : Floats{};
          std::memcpy(corners[k] + i, &share, sizeof share);
        }
      }
      for (; i < channels; ++i) {
        for (int k = 0; k < 4; ++k) {
          corners[k][i] = winner[at + i] == k ? output_gradient[at + i] : 0.0F;
        }
      }
    }
    if (shape.width % 2 != 0) {
      float* last = top + (shape.width - 1) * channels;
      std::memset(last, 0, static_cast<std::size_t>(channels) * sizeof(float));
      std::memset(last + row, 0, static_cast<std::size_t>(channels) * sizeof(float));
    }
  }
  if (shape.height % 2 != 0) {
    float* last = input_gradient + (shape.height - 1) * row;
    std::memset(last, 0, static_cast<std::size_t>(row) * sizeof(float));
  }
}
