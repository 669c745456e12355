#include "data/scenes/render/noise.h"

#include <array>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include "data/scenes/render/vector_clones.h"

namespace ersatz::data::scenes {
namespace {

// A permutation of 0..255, twice in a row so that sums of two need no wrapping.
using Permutation = std::array<std::uint8_t, 512>;

Permutation make_permutation() {
  Permutation p{};
  std::iota(p.begin(), p.begin() + 256, std::uint8_t{0});
  for (std::uint32_t i = 255; i > 0; --i) std::swap(p[i], p[scramble(i * 2654435761U) % (i + 1)]);
  std::copy_n(p.begin(), 256, p.begin() + 256);
  return p;
}

const Permutation kPermutation = make_permutation();

inline float fade(float t) { return t * t * t * (t * (t * 6 - 15) + 10); }

// One of the twelve directions to the edges of a cube, without a table.
inline float gradient3(std::uint8_t hash, float x, float y, float z) {
  const int h = hash & 15;
  const float u = h < 8 ? x : y;
  const float v = h < 4 ? y : (h == 12 || h == 14 ? x : z);
  return ((h & 1) != 0 ? -u : u) + ((h & 2) != 0 ? -v : v);
}

inline float gradient2(std::uint8_t hash, float x, float y) {
  const float u = (hash & 4) != 0 ? y : x, v = (hash & 4) != 0 ? x : y;
  return ((hash & 1) != 0 ? -u : u) + 0.5F * ((hash & 2) != 0 ? -v : v);
}

}  // namespace

ERSATZ_VECTOR_CLONES
float noise3(Vec3 p) {
  const int ix = floor_to_int(p.x), iy = floor_to_int(p.y), iz = floor_to_int(p.z);
  const float x = p.x - static_cast<float>(ix), y = p.y - static_cast<float>(iy),
              z = p.z - static_cast<float>(iz);
  const float u = fade(x), v = fade(y), w = fade(z);
  const std::uint8_t* table = kPermutation.data();
  const int cx = ix & 255, cy = iy & 255, cz = iz & 255;
  const int a = table[cx] + cy, b = table[cx + 1] + cy;
  const int aa = table[a & 255] + cz, ab = table[(a + 1) & 255] + cz;
  const int ba = table[b & 255] + cz, bb = table[(b + 1) & 255] + cz;
  const float near =
      lerp(lerp(gradient3(table[aa], x, y, z), gradient3(table[ba], x - 1, y, z), u),
           lerp(gradient3(table[ab], x, y - 1, z), gradient3(table[bb], x - 1, y - 1, z), u), v);
  const float far = lerp(
      lerp(gradient3(table[aa + 1], x, y, z - 1), gradient3(table[ba + 1], x - 1, y, z - 1), u),
      lerp(gradient3(table[ab + 1], x, y - 1, z - 1), gradient3(table[bb + 1], x - 1, y - 1, z - 1),
           u),
      v);
  return lerp(near, far, w);
}

namespace {

float exact_noise2(float px, float py, int period) {
  const int ix = floor_to_int(px), iy = floor_to_int(py);
  const float x = px - static_cast<float>(ix), y = py - static_cast<float>(iy);
  const float u = fade(x), v = fade(y);
  const auto hash = [&](int dx, int dy) {
    return kPermutation[static_cast<std::size_t>(
        kPermutation[static_cast<std::size_t>((ix + dx) % period)] + (iy + dy) % period)];
  };
  return 1.2F * lerp(lerp(gradient2(hash(0, 0), x, y), gradient2(hash(1, 0), x - 1, y), u),
                     lerp(gradient2(hash(0, 1), x, y - 1), gradient2(hash(1, 1), x - 1, y - 1), u),
                     v);
}

std::vector<float> sample_noise2() {
  std::vector<float> values(static_cast<std::size_t>(kNoiseSide) * kNoiseSide);
  for (int y = 0; y < kNoiseSide; ++y) {
    for (int x = 0; x < kNoiseSide; ++x) {
      values[static_cast<std::size_t>(y * kNoiseSide + x)] =
          exact_noise2(static_cast<float>(x) / kNoisePerUnit, static_cast<float>(y) / kNoisePerUnit,
                       kNoisePeriod);
    }
  }
  return values;
}

const std::vector<float> kSamples = sample_noise2();

}  // namespace

const float* const kNoiseSamples = kSamples.data();

ERSATZ_VECTOR_CLONES
float skin_fractal(Vec3 p, int octaves) {
  float sum = 0, strength = 0.6F;
  for (int i = 0; i < octaves; ++i) {
    sum += strength * skin_noise(p);
    p = p * 2.03F + Vec3{17.3F, 9.1F, 5.7F};
    strength *= 0.5F;
  }
  return sum;
}

float fractal3(Vec3 p, int octaves) {
  float sum = 0, strength = 0.6F;
  for (int i = 0; i < octaves; ++i) {
    sum += strength * noise3(p);
    // An odd factor and a shift keep the lattices of the octaves from lining up.
    p = p * 2.03F + Vec3{17.3F, 9.1F, 5.7F};
    strength *= 0.5F;
  }
  return sum;
}

ERSATZ_VECTOR_CLONES
float fractal2(float x, float y, int octaves) {
  float sum = 0, strength = 0.6F;
  for (int i = 0; i < octaves; ++i) {
    sum += strength * noise2(x, y);
    x = x * 2.03F + 17.3F;
    y = y * 2.03F + 9.1F;
    strength *= 0.5F;
  }
  return sum;
}

ERSATZ_VECTOR_CLONES
Cell cells2(float px, float py, float jitter) {
  const int ix = floor_to_int(px), iy = floor_to_int(py);
  float nearest = 1e9F, second = 1e9F;
  std::uint32_t id = 0;
  for (int dy = -1; dy <= 1; ++dy) {
    for (int dx = -1; dx <= 1; ++dx) {
      const std::uint32_t hash = scramble(static_cast<std::uint32_t>(ix + dx) * 0x9E3779B1U ^
                                          static_cast<std::uint32_t>(iy + dy) * 0x85EBCA77U);
      const float jx = static_cast<float>(hash & 0xFFFFU) * 0x1p-16F - 0.5F;
      const float jy = static_cast<float>(hash >> 16) * 0x1p-16F - 0.5F;
      const float x = static_cast<float>(ix + dx) + 0.5F + jitter * jx - px;
      const float y = static_cast<float>(iy + dy) + 0.5F + jitter * jy - py;
      const float squared = x * x + y * y;
      if (squared < nearest) {
        second = nearest;
        nearest = squared;
        id = hash;
      } else if (squared < second) {
        second = squared;
      }
    }
  }
  return {std::sqrt(nearest), std::sqrt(second) - std::sqrt(nearest), id};
}

}  // namespace ersatz::data::scenes
