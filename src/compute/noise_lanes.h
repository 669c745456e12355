// The loops of compute/noise_kernel.cpp, compiled once per instruction set (compute/vector_isa.h).

constexpr int kBlock = static_cast<int>(kNoiseBlock);
constexpr int kQuarter = kBlock / 4;

// Four words for each counter first + i, i < count: Philox4x32 as in core/philox.cpp, but with 7
// rounds (the fewest that pass BigCrush, Salmon et al. 2011, table 2) and in lanes.
template <int count>
inline void philox_lanes(std::uint64_t key, std::uint64_t first, std::uint32_t tag,
                         std::uint32_t (&words)[4][count]) {
  for (int i = 0; i < count; ++i) {
    const std::uint64_t counter = first + static_cast<std::uint64_t>(i);
    std::uint32_t c0 = static_cast<std::uint32_t>(counter);
    std::uint32_t c1 = static_cast<std::uint32_t>(counter >> 32);
    std::uint32_t c2 = tag, c3 = 0;
    std::uint32_t k0 = static_cast<std::uint32_t>(key);
    std::uint32_t k1 = static_cast<std::uint32_t>(key >> 32);
    for (int round = 0; round < 7; ++round) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53U} * c0;
      const std::uint64_t p1 = std::uint64_t{0xCD9E8D57U} * c2;
      c0 = static_cast<std::uint32_t>(p1 >> 32) ^ c1 ^ k0;
      c1 = static_cast<std::uint32_t>(p1);
      c2 = static_cast<std::uint32_t>(p0 >> 32) ^ c3 ^ k1;
      c3 = static_cast<std::uint32_t>(p0);
      k0 += 0x9E3779B9U;
      k1 += 0xBB67AE85U;
    }
    words[0][i] = c0;
    words[1][i] = c1;
    words[2][i] = c2;
    words[3][i] = c3;
  }
}

// The functions below are written without library calls and branches so that they run in vector
// lanes. Bit patterns are read through unions of one float and one integer.
union Bits {
  float number;
  std::uint32_t word;
};

// -2 ln(u) for u in (0, 1]; relative error below 1e-6.
inline float minus_two_log(float u) {
  Bits bits{};
  bits.number = u;
  // Split into 2^e * m with m in [sqrt(1/2), sqrt(2)).
  const std::uint32_t shifted = bits.word - 0x3f3504f3U;
  const auto exponent = static_cast<std::int32_t>(shifted) >> 23;
  bits.word = (shifted & 0x007fffffU) + 0x3f3504f3U;
  const float t = (bits.number - 1.0F) / (bits.number + 1.0F);
  const float t2 = t * t;
  // ln(m) = 2 atanh(t)
  const float series =
      t * (2.0F + t2 * (0.66666669F + t2 * (0.4F + t2 * (0.28571430F + t2 * 0.2222222F))));
  return -2.0F * (static_cast<float>(exponent) * 0.69314718F + series);
}

// sin and cos of 2 pi r for r in [-1/2, 1/2), by polynomials on [-1/8, 1/8] and symmetry.
inline void sin_cos_turn(float r, float& sine, float& cosine) {
  const float quarters = r * 4.0F;
  const auto nearest = static_cast<std::int32_t>(quarters + (quarters >= 0.0F ? 0.5F : -0.5F));
  const float a = (quarters - static_cast<float>(nearest)) * 1.57079633F;  // [-pi/4, pi/4]
  const float a2 = a * a;
  const float s = a * (1.0F - a2 * (0.16666667F - a2 * (0.0083333310F - a2 * 0.00019840874F)));
  const float c =
      1.0F - a2 * (0.5F - a2 * (0.041666642F - a2 * (0.0013888397F - a2 * 2.47605e-5F)));
  const bool swap = (nearest & 1) != 0;
  const float sine_size = swap ? c : s, cosine_size = swap ? s : c;
  sine = (nearest & 2) != 0 ? -sine_size : sine_size;
  cosine = ((nearest + 1) & 2) != 0 ? -cosine_size : cosine_size;
}

// kBlock standard normal numbers.
inline void normal_block(std::uint64_t key, std::uint64_t block, float* z) {
  std::uint32_t words[4][kQuarter];
  philox_lanes(key, block * kQuarter, 1, words);
  for (int pair = 0; pair < 2; ++pair) {
    const std::uint32_t* first = words[2 * pair];
    const std::uint32_t* second = words[2 * pair + 1];
    float* cosines = z + 2 * pair * kQuarter;
    float* sines = cosines + kQuarter;
    for (int i = 0; i < kQuarter; ++i) {
      const float u = (static_cast<float>(static_cast<std::int32_t>(first[i] >> 8)) + 1.0F) *
                      5.9604645e-8F;  // (0, 1]
      const float turn = static_cast<float>(static_cast<std::int32_t>(second[i])) * 2.3283064e-10F;
      const float radius = __builtin_sqrtf(minus_two_log(u));
      float sine = 0, cosine = 0;
      sin_cos_turn(turn, sine, cosine);
      cosines[i] = radius * cosine;
      sines[i] = radius * sine;
    }
  }
}

// kBlock flags that are 1 with probability `keep`, to 16 bits.
inline void keep_block(std::uint64_t key, std::uint64_t block, float keep, std::uint8_t* flags) {
  constexpr int kEighth = kBlock / 8;
  std::uint32_t words[4][kEighth];
  philox_lanes(key, block * kEighth, 2, words);
  const auto threshold = static_cast<std::uint32_t>(keep * 65536.0F + 0.5F);
  for (int w = 0; w < 4; ++w) {
    std::uint8_t* low = flags + 2 * w * kEighth;
    std::uint8_t* high = low + kEighth;
    for (int i = 0; i < kEighth; ++i) {
      low[i] = (words[w][i] & 0xffffU) < threshold ? 1 : 0;
      high[i] = (words[w][i] >> 16) < threshold ? 1 : 0;
    }
  }
}

inline void noise_forward(const float* __restrict x, float* __restrict y,
                          std::uint8_t* __restrict mask, std::int64_t size,
                          std::int64_t first_block, std::int64_t last_block,
                          const NoiseSettings& settings) {
  alignas(64) float z[kBlock];
  alignas(64) std::uint8_t flags[kBlock];
  const float scale = 1.0F / settings.keep;
  const float deviation = settings.deviation;
  for (std::int64_t block = first_block; block < last_block; ++block) {
    const std::int64_t begin = block * kBlock;
    const int count = static_cast<int>(size - begin < kBlock ? size - begin : kBlock);
    const auto index = static_cast<std::uint64_t>(block);
    if (deviation > 0.0F) {
      normal_block(settings.key, index, z);
    } else {
      for (int i = 0; i < kBlock; ++i) z[i] = 0.0F;
    }
    if (settings.keep < 1.0F) {
      keep_block(settings.key, index, settings.keep, flags);
    } else {
      for (int i = 0; i < kBlock; ++i) flags[i] = 1;
    }
    const float* in = x + begin;
    float* out = y + begin;
    for (int i = 0; i < count; ++i) {
      out[i] = in[i] * (flags[i] != 0 ? scale : 0.0F) + deviation * z[i];
    }
    if (mask != nullptr) {
      std::uint8_t* kept = mask + begin;
      for (int i = 0; i < count; ++i) kept[i] = flags[i];
    }
  }
}
