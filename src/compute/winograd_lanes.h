// The loops of compute/winograd_kernel.cpp, compiled once per instruction set
// (compute/vector_isa.h). Channels lie along the vector lanes.
#include "compute/float_lanes.h"
#include "compute/math_lanes.h"
#include "compute/product_panel_lanes.h"
#include "compute/transpose_lanes.h"

// ---- Transforms of one row or column, with the points 0, a, -a, b, -b and infinity.

constexpr float kA = 0.75F, kA2 = kA * kA, kA3 = kA2 * kA;
constexpr float kB = 1.5F, kB2 = kB * kB, kB3 = kB2 * kB;
// What the polynomials through the other finite points are at each point.
constexpr float kAt0 = kA2 * kB2, kAtA = 2 * kA2 * (kA2 - kB2), kAtB = 2 * kB2 * (kB2 - kA2);

// B^T d: six pixels.
inline void input_points(const Floats* d, Floats* t) {
  const Floats even_a = d[4] - kB2 * d[2], odd_a = kA * (d[3] - kB2 * d[1]);
  const Floats even_b = d[4] - kA2 * d[2], odd_b = kB * (d[3] - kA2 * d[1]);
  t[0] = kAt0 * d[0] - (kA2 + kB2) * d[2] + d[4];
  t[1] = even_a + odd_a;
  t[2] = even_a - odd_a;
  t[3] = even_b + odd_b;
  t[4] = even_b - odd_b;
  t[5] = kAt0 * d[1] - (kA2 + kB2) * d[3] + d[5];
}

// G g: three weights.
inline void weight_points(const Floats* g, Floats* t) {
  const Floats even_a = g[0] * (1 / kAtA) + g[2] * (kA2 / kAtA), odd_a = g[1] * (kA / kAtA);
  const Floats even_b = g[0] * (1 / kAtB) + g[2] * (kB2 / kAtB), odd_b = g[1] * (kB / kAtB);
  t[0] = g[0] * (1 / kAt0);
  t[1] = even_a + odd_a;
  t[2] = even_a - odd_a;
  t[3] = even_b + odd_b;
  t[4] = even_b - odd_b;
  t[5] = g[2];
}

// A^T m: four outputs.
inline void outputs_of_points(const Floats* m, Floats* y) {
  const Floats even_a = m[1] + m[2], odd_a = m[1] - m[2];
  const Floats even_b = m[3] + m[4], odd_b = m[3] - m[4];
  y[0] = m[0] + even_a + even_b;
  y[1] = kA * odd_a + kB * odd_b;
  y[2] = kA2 * even_a + kB2 * even_b;
  y[3] = kA3 * odd_a + kB3 * odd_b + m[5];
}

// A y: the adjoint of the outputs, for gradients.
inline void gradient_points(const Floats* y, Floats* t) {
  const Floats even_a = y[0] + kA2 * y[2], odd_a = kA * y[1] + kA3 * y[3];
  const Floats even_b = y[0] + kB2 * y[2], odd_b = kB * y[1] + kB3 * y[3];
  t[0] = y[0];
  t[1] = even_a + odd_a;
  t[2] = even_a - odd_a;
  t[3] = even_b + odd_b;
  t[4] = even_b - odd_b;
  t[5] = y[3];
}

// G^T u: the adjoint of the weights.
inline void weights_of_points(const Floats* u, Floats* g) {
  const Floats even_a = (u[1] + u[2]) * (1 / kAtA), odd_a = (u[1] - u[2]) * (kA / kAtA);
  const Floats even_b = (u[3] + u[4]) * (1 / kAtB), odd_b = (u[3] - u[4]) * (kB / kAtB);
  g[0] = u[0] * (1 / kAt0) + even_a + even_b;
  g[1] = odd_a + odd_b;
  g[2] = kA2 * even_a + kB2 * even_b + u[5];
}

// Applies `one` to the columns and then to the rows of a square of `from` x `from` vectors:
// load_at(i, j) gives its elements, put(i, j, x) takes those of the `to` x `to` result.
template <int from, int to, typename One, typename Load, typename Put>
inline void transform_square(const One& one, const Load& load_at, const Put& put) {
  Floats between[to][from];
  for (int j = 0; j < from; ++j) {
    Floats column[from], result[to];
    for (int i = 0; i < from; ++i) column[i] = load_at(i, j);
    one(column, result);
    for (int i = 0; i < to; ++i) between[i][j] = result[i];
  }
  for (int i = 0; i < to; ++i) {
    Floats result[to];
    one(between[i], result);
    for (int j = 0; j < to; ++j) put(i, j, result[j]);
  }
}

// ---- Pictures to points and back.

// Pointers to the side x side pixels of a tile whose first pixel is (top, left); `outside` where
// the picture has none.
template <int side>
inline void locate_tile(const WinogradShape& shape, const float* image, std::int64_t channels,
                        std::int64_t top, std::int64_t left, const float* outside,
                        const float** pixels) {
  for (int i = 0; i < side; ++i) {
    const std::int64_t y = top + i;
    for (int j = 0; j < side; ++j) {
      const std::int64_t x = left + j;
      const bool inside = y >= 0 && y < shape.height && x >= 0 && x < shape.width;
      pixels[i * side + j] = inside ? image + (y * shape.width + x) * channels : outside;
    }
  }
}

struct TilePlace {
  std::int64_t image, top, left;  // first output pixel
};

inline TilePlace place_of(const WinogradShape& shape, std::int64_t tile) {
  const std::int64_t columns = shape.tile_columns(), per_image = shape.tile_rows() * columns;
  const std::int64_t in_image = tile % per_image;
  return {tile / per_image, in_image / columns * kWinogradTile, in_image % columns * kWinogradTile};
}

inline void input_to_points(const WinogradShape& shape, const float* x, std::int64_t channels,
                            const float* zeros, std::int64_t first, std::int64_t count,
                            float* points, std::int64_t point_stride) {
  const float* pixels[36];
  for (std::int64_t t = 0; t < count; ++t) {
    const TilePlace place = place_of(shape, first + t);
    locate_tile<6>(shape, x + place.image * shape.pixels() * channels, channels, place.top - 1,
                   place.left - 1, zeros, pixels);
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      float* to = points + t * channels + c;
      transform_square<6, 6>(
          input_points, [&](int i, int j) { return load(pixels[i * 6 + j] + c); },
          [&](int i, int j, const Floats& v) { store(to + (i * 6 + j) * point_stride, v); });
    }
  }
}

inline void gradient_to_points(const WinogradShape& shape, const float* dy, std::int64_t channels,
                               const float* zeros, std::int64_t first, std::int64_t count,
                               std::int64_t begin, std::int64_t tiles, float* points,
                               std::int64_t point_stride) {
  const float* pixels[16];
  for (std::int64_t t = 0; t < count; ++t) {
    const TilePlace place = place_of(shape, first + t);
    locate_tile<4>(shape, dy + place.image * shape.pixels() * channels, channels, place.top,
                   place.left, zeros, pixels);
    std::int64_t panel = 0, width = panel_width(0, channels);
    for (std::int64_t c = 0; c < channels; c += kLanes) {
      if (c == panel + width) {
        panel = c;
        width = panel_width(c, channels);
      }
      float* to = points + panel * tiles + (begin + t) * width + (c - panel);
      transform_square<4, 6>(
          gradient_points, [&](int i, int j) { return load(pixels[i * 4 + j] + c); },
          [&](int i, int j, const Floats& v) { store(to + (i * 6 + j) * point_stride, v); });
    }
  }
}

// One panel of outputs of some tiles. `points` [36][count][width].
template <bool finish, bool silu>
inline void points_to_output(const WinogradProblem& problem, const float* points,
                             std::int64_t point_stride, std::int64_t first, std::int64_t count,
                             std::int64_t panel, std::int64_t width) {
  const WinogradShape& shape = problem.shape;
  for (std::int64_t t = 0; t < count; ++t) {
    const TilePlace place = place_of(shape, first + t);
    const std::int64_t rows = shape.height - place.top, columns = shape.width - place.left;
    const std::int64_t at =
        (place.image * shape.pixels() + place.top * shape.width + place.left) * problem.outputs +
        panel;
    for (std::int64_t c = 0; c < width; c += kLanes) {
      const float* from = points + t * width + c;
      transform_square<6, 4>(
          outputs_of_points, [&](int i, int j) { return load(from + (i * 6 + j) * point_stride); },
          [&](int i, int j, Floats y) {
            if (i >= rows || j >= columns) return;
            const std::int64_t pixel = at + (i * shape.width + j) * problem.outputs + c;
            if constexpr (finish) {
              if (problem.bias != nullptr) y += load(problem.bias + panel + c);
              if constexpr (silu) y = sigmoid_product(y, 1.0F);
              if (problem.residual != nullptr) y += load(problem.residual + pixel);
              if (problem.relu) y = y < 0.0F ? Floats{} : y;
            }
            store(problem.y + pixel, y);
          });
    }
  }
}

// ---- The tasks.

// Stride between points of a block of `count` tiles: off the multiples of 4 KB, which would put all
// points into the same few lines of the first-level cache.
inline std::int64_t padded_stride(std::int64_t numbers) { return numbers + 16; }

inline void winograd_forward(const WinogradProblem& problem, std::int64_t first, std::int64_t count,
                             std::int64_t first_output, std::int64_t last_output,
                             float* workspace) {
  const std::int64_t inputs = problem.inputs;
  float* zeros = workspace;
  std::memset(zeros, 0, static_cast<std::size_t>(inputs) * sizeof(float));
  float* points = zeros + inputs;
  const std::int64_t stride = padded_stride(count * inputs);
  float* sums = points + kWinogradPoints * stride;
  input_to_points(problem.shape, problem.x, inputs, zeros, first, count, points, stride);
  const bool finish = problem.bias != nullptr || problem.residual != nullptr || problem.relu;
  std::int64_t width = 0;
  for (std::int64_t panel = first_output; panel < last_output; panel += width) {
    width = panel_width(panel, problem.outputs);
    const std::int64_t sums_stride = padded_stride(count * width);
    const float* weight = problem.packed + panel * kWinogradPoints * inputs;
    for (std::int64_t p = 0; p < kWinogradPoints; ++p, weight += inputs * width) {
      product(width, count, points + p * stride, inputs, 1, weight, width, inputs,
              sums + p * sums_stride, width, false);
    }
    if (problem.silu) {
      points_to_output<true, true>(problem, sums, sums_stride, first, count, panel, width);
    } else if (finish) {
      points_to_output<true, false>(problem, sums, sums_stride, first, count, panel, width);
    } else {
      points_to_output<false, false>(problem, sums, sums_stride, first, count, panel, width);
    }
  }
}

inline void winograd_weight_product(const WinogradGradient& gradient, std::int64_t point,
                                    std::int64_t output, bool add) {
  // Blocks of tiles whose gradients stay in the first-level cache.
  constexpr std::int64_t kTiles = 96;
  const std::int64_t inputs = gradient.inputs, tiles = gradient.tiles;
  const std::int64_t end =
      output + kWinogradOutputs < gradient.outputs ? output + kWinogradOutputs : gradient.outputs;
  const float* x = gradient.x + point * gradient.x_stride;
  std::int64_t width = 0;
  for (std::int64_t panel = output; panel < end; panel += width) {
    width = panel_width(panel, gradient.outputs);
    const float* dy = gradient.dy + point * gradient.dy_stride + panel * tiles;
    float* sum = gradient.sum + panel * kWinogradPoints * inputs + point * inputs * width;
    for (std::int64_t t = 0; t < tiles; t += kTiles) {
      const std::int64_t count = tiles - t < kTiles ? tiles - t : kTiles;
      product(width, inputs, x + t * inputs, 1, inputs, dy + t * width, width, count, sum, width,
              add || t > 0);
    }
  }
}

// kLanes outputs from `output` on, all inputs. weight [K][9][C]; when `flip`, K are the inputs, C
// the outputs, and the kernel is turned by 180 degrees.
inline void pack_lanes(const float* weight, std::int64_t inputs, std::int64_t outputs, bool flip,
                       std::int64_t output, float* packed) {
  std::int64_t panel = 0;
  while (panel + panel_width(panel, outputs) <= output) panel += panel_width(panel, outputs);
  const std::int64_t width = panel_width(panel, outputs);
  float* to = packed + panel * kWinogradPoints * inputs + (output - panel);
  // The transformed kernel whose nine vectors are `at`, `tap_step` floats apart.
  const auto transform = [&](const float* at, std::int64_t tap_step, const auto& put) {
    transform_square<3, 6>(
        weight_points, [&](int i, int j) { return load(at + (i * 3 + j) * tap_step); },
        [&](int i, int j, const Floats& v) { put(i * 6 + j, v); });
  };
  if (flip) {
    for (std::int64_t i = 0; i < inputs; ++i) {
      transform(weight + (i * 9 + 8) * outputs + output, -outputs,
                [&](int p, const Floats& v) { store(to + (p * inputs + i) * width, v); });
    }
    return;
  }
  Floats block[kWinogradPoints][kLanes];
  for (std::int64_t i = 0; i < inputs; i += kLanes) {
    for (int o = 0; o < kLanes; ++o) {
      transform(weight + (output + o) * 9 * inputs + i, inputs,
                [&](int p, const Floats& v) { block[p][o] = v; });
    }
    for (std::int64_t p = 0; p < kWinogradPoints; ++p) {
      transpose_lanes(block[p]);
      for (int e = 0; e < kLanes; ++e) store(to + (p * inputs + i + e) * width, block[p][e]);
    }
  }
}

// The inverse for gradients: kLanes outputs from `output` on of `sum` to weight_gradient [K][9][C].
inline void unpack_lanes(const float* sum, std::int64_t inputs, std::int64_t outputs,
                         std::int64_t output, float* weight_gradient) {
  std::int64_t panel = 0;
  while (panel + panel_width(panel, outputs) <= output) panel += panel_width(panel, outputs);
  const std::int64_t width = panel_width(panel, outputs);
  const float* from = sum + panel * kWinogradPoints * inputs + (output - panel);
  Floats block[9][kLanes];
  for (std::int64_t i = 0; i < inputs; i += kLanes) {
    for (int e = 0; e < kLanes; ++e) {
      transform_square<6, 3>(
          weights_of_points,
          [&](int k, int j) { return load(from + ((k * 6 + j) * inputs + i + e) * width); },
          [&](int k, int j, const Floats& v) { block[k * 3 + j][e] = v; });
    }
    for (std::int64_t tap = 0; tap < 9; ++tap) {
      transpose_lanes(block[tap]);
      for (int o = 0; o < kLanes; ++o) {
        store(weight_gradient + ((output + o) * 9 + tap) * inputs + i, block[tap][o]);
      }
    }
  }
}

inline void winograd_pack(const float* weight, std::int64_t inputs, std::int64_t outputs, bool flip,
                          std::int64_t output, float* packed) {
  for (std::int64_t o = 0; o < kWinogradChannels; o += kLanes) {
    pack_lanes(weight, inputs, outputs, flip, output + o, packed);
  }
}

inline void winograd_unpack(const float* sum, std::int64_t inputs, std::int64_t outputs,
                            std::int64_t output, float* weight_gradient) {
  for (std::int64_t o = 0; o < kWinogradChannels; o += kLanes) {
    unpack_lanes(sum, inputs, outputs, output + o, weight_gradient);
  }
}
