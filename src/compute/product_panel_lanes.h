// Products of small matrices with register tiles; after compute/float_lanes.h, in the same way.

// A register tile of the products is kRows rows of up to kColumns vectors.
constexpr int kRows = 6;
constexpr int kColumns = kLanes == 16 ? 4 : 2;
constexpr std::int64_t kPanel = kColumns * kLanes;

// Width of the panel of outputs that begins at `output`: two vectors where four do not fit, since a
// tile of one has too few sums to hide the latency of the arithmetic.
inline std::int64_t panel_width(std::int64_t output, std::int64_t outputs) {
  const std::int64_t left = outputs - output;
  if (left >= kPanel) return kPanel;
  return kColumns > 2 && left >= 2 * kLanes ? 2 * kLanes : kLanes;
}

// out[r][...] = sum over i of a[r * a_row + i * a_step] * b[i * b_step + ...], i < count; with
// `add` that is added to what is there (afterwards, which keeps rounding errors of long sums
// small).
template <int rows, int columns>
inline void product_tile(const float* a, std::int64_t a_row, std::int64_t a_step, const float* b,
                         std::int64_t b_step, std::int64_t count, float* out, std::int64_t out_row,
                         bool add) {
  Floats sum[rows][columns];
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) sum[r][c] = Floats{};
  }
#pragma GCC unroll 4
  for (std::int64_t i = 0; i < count; ++i) {
    Floats w[columns];
    for (int c = 0; c < columns; ++c) w[c] = load(b + c * kLanes);
    b += b_step;
    for (int r = 0; r < rows; ++r) {
      const Floats x = fill(a[r * a_row]);
      for (int c = 0; c < columns; ++c) sum[r][c] = x * w[c] + sum[r][c];
    }
    a += a_step;
  }
  if (add) {
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c) sum[r][c] += load(out + r * out_row + c * kLanes);
    }
  }
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) store(out + r * out_row + c * kLanes, sum[r][c]);
  }
}

template <int columns>
inline void product_of_rows(std::int64_t rows, const float* a, std::int64_t a_row,
                            std::int64_t a_step, const float* b, std::int64_t b_step,
                            std::int64_t count, float* out, std::int64_t out_row, bool add) {
  const std::int64_t tiles = (rows + kRows - 1) / kRows;
  for (std::int64_t t = 0; t < tiles; ++t) {
    const std::int64_t row = rows * t / tiles, height = rows * (t + 1) / tiles - row;
    const float* from = a + row * a_row;
    float* to = out + row * out_row;
    switch (height) {
      case 6:
        product_tile<6, columns>(from, a_row, a_step, b, b_step, count, to, out_row, add);
        break;
      case 5:
        product_tile<5, columns>(from, a_row, a_step, b, b_step, count, to, out_row, add);
        break;
      case 4:
        product_tile<4, columns>(from, a_row, a_step, b, b_step, count, to, out_row, add);
        break;
      case 3:
        product_tile<3, columns>(from, a_row, a_step, b, b_step, count, to, out_row, add);
        break;
      case 2:
        product_tile<2, columns>(from, a_row, a_step, b, b_step, count, to, out_row, add);
        break;
      default:
        product_tile<1, columns>(from, a_row, a_step, b, b_step, count, to, out_row, add);
    }
  }
}

// The same for a panel of one of the widths that panel_width gives.
inline void product(std::int64_t width, std::int64_t rows, const float* a, std::int64_t a_row,
                    std::int64_t a_step, const float* b, std::int64_t b_step, std::int64_t count,
                    float* out, std::int64_t out_row, bool add) {
  if (width == kPanel) {
    product_of_rows<kColumns>(rows, a, a_row, a_step, b, b_step, count, out, out_row, add);
  } else if (width == 2 * kLanes) {
    product_of_rows<2>(rows, a, a_row, a_step, b, b_step, count, out, out_row, add);
  } else {
    product_of_rows<1>(rows, a, a_row, a_step, b, b_step, count, out, out_row, add);
  }
}
