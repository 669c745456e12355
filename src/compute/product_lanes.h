// Products of small matrices in registers; after compute/float_lanes.h, in the same way.

// c[r][j] = sum over k of a[r * a_row + k * a_step] * b[k * b_row + j], or that added to c.
struct Product {
  const float* a;
  std::int64_t a_row, a_step;
  const float* b;
  std::int64_t b_row;
  std::int64_t depth;  // numbers of k
  float* c;
  std::int64_t c_row;
};

template <int rows, int columns, bool add>
inline void product_tile(const Product& p, const float* a, const float* b, float* c) {
  Floats sum[rows][columns];
  for (int r = 0; r < rows; ++r) {
    for (int j = 0; j < columns; ++j) {
      sum[r][j] = add ? load(c + r * p.c_row + j * kLanes) : Floats{};
    }
  }
#pragma GCC unroll 4
  for (std::int64_t k = 0; k < p.depth; ++k) {
    Floats y[columns];
    for (int j = 0; j < columns; ++j) y[j] = load(b + k * p.b_row + j * kLanes);
    for (int r = 0; r < rows; ++r) {
      const Floats x = fill(a[r * p.a_row + k * p.a_step]);
      for (int j = 0; j < columns; ++j) sum[r][j] = x * y[j] + sum[r][j];
    }
  }
  for (int r = 0; r < rows; ++r) {
    for (int j = 0; j < columns; ++j) store(c + r * p.c_row + j * kLanes, sum[r][j]);
  }
}

// One strip of `columns` vectors, all rows, in tiles of nearly equal height.
template <int columns, bool add>
inline void product_strip(const Product& p, std::int64_t rows, std::int64_t column) {
  // Eight sums or more at a time hide the latency of the arithmetic; the registers end at 24.
  constexpr std::int64_t kTall = columns == 1 ? 8 : 6;
  const std::int64_t tiles = (rows + kTall - 1) / kTall;
  for (std::int64_t t = 0; t < tiles; ++t) {
    const std::int64_t first = rows * t / tiles, height = rows * (t + 1) / tiles - first;
    const float* a = p.a + first * p.a_row;
    const float* b = p.b + column;
    float* c = p.c + first * p.c_row + column;
    switch (height) {
      case 8:
        if constexpr (kTall >= 8) product_tile<8, columns, add>(p, a, b, c);
        break;
      case 7:
        if constexpr (kTall >= 8) product_tile<7, columns, add>(p, a, b, c);
        break;
      case 6:
        product_tile<6, columns, add>(p, a, b, c);
        break;
      case 5:
        product_tile<5, columns, add>(p, a, b, c);
        break;
      case 4:
        product_tile<4, columns, add>(p, a, b, c);
        break;
      case 3:
        product_tile<3, columns, add>(p, a, b, c);
        break;
      case 2:
        product_tile<2, columns, add>(p, a, b, c);
        break;
      default:
        product_tile<1, columns, add>(p, a, b, c);
    }
  }
}

// `columns` floats of each row, a multiple of kLanes.
template <bool add>
inline void multiply(const Product& p, std::int64_t rows, std::int64_t columns) {
  constexpr int kWide = kLanes == 16 ? 4 : 2;
  std::int64_t column = 0;
  for (; column + kWide * kLanes <= columns; column += kWide * kLanes) {
    product_strip<kWide, add>(p, rows, column);
  }
  if constexpr (kWide > 2) {
    for (; column + 2 * kLanes <= columns; column += 2 * kLanes) {
      product_strip<2, add>(p, rows, column);
    }
  }
  for (; column < columns; column += kLanes) product_strip<1, add>(p, rows, column);
}
