// Textures from nothing: repeatable noise over points of space.
//
// Gradient noise after Perlin, "Improving noise", SIGGRAPH 2002, on a fixed permutation. Everything
// is a pure function of its arguments; give different things different offsets.
#pragma once

#include <cstdint>

#include "data/scenes/render/vec3.h"

namespace ersatz::data::scenes {

// About [-1, 1], mean 0, features about 1 unit apart. noise2 repeats after 32 units.
float noise3(Vec3 p);

inline int floor_to_int(float a) {
  const int truncated = static_cast<int>(a);
  return truncated - (a < static_cast<float>(truncated) ? 1 : 0);
}

// Samples of the noise, kNoisePerUnit per unit, over one period: reading between them is three
// times as fast as the noise itself, of which a scene needs a hundred thousand values.
inline constexpr int kNoisePeriod = 32, kNoisePerUnit = 8;
inline constexpr int kNoiseSide = kNoisePeriod * kNoisePerUnit;
extern const float* const kNoiseSamples;  // [kNoiseSide, kNoiseSide]

inline float noise2(float x, float y) {
  const float sx = x * kNoisePerUnit, sy = y * kNoisePerUnit;
  const int ix = floor_to_int(sx), iy = floor_to_int(sy);
  const float u = sx - static_cast<float>(ix), v = sy - static_cast<float>(iy);
  constexpr int kMask = kNoiseSide - 1;
  const float* upper = kNoiseSamples + (iy & kMask) * kNoiseSide;
  const float* lower = kNoiseSamples + ((iy + 1) & kMask) * kNoiseSide;
  const int left = ix & kMask, right = (ix + 1) & kMask;
  return lerp(lerp(upper[left], upper[right], u), lerp(lower[left], lower[right], u), v);
}

// The same at half the cost of noise3, for colours of surfaces: the sum of two layers of noise2 cut
// obliquely through space.
inline float skin_noise(Vec3 p) {
  return 0.75F * (noise2(p.x + 0.6F * p.z, p.y - 0.45F * p.z) +
                  noise2(p.z + 0.5F * p.x + 11.3F, p.x - 0.7F * p.y + 4.7F));
}

// `octaves` layers of noise, each twice as fine and half as strong; about [-1, 1].
float fractal3(Vec3 p, int octaves);
float skin_fractal(Vec3 p, int octaves);
float fractal2(float x, float y, int octaves);

// Scrambled bits of a number: a cheap source of per-pixel or per-cell randomness.
inline std::uint32_t scramble(std::uint32_t a) {
  a = (a ^ (a >> 16)) * 0x7feb352dU;
  a = (a ^ (a >> 15)) * 0x846ca68bU;
  return a ^ (a >> 16);
}
// In [0, 1).
inline float unit_hash(std::int32_t x, std::int32_t y, std::uint32_t salt = 0) {
  const std::uint32_t a = scramble(static_cast<std::uint32_t>(x) * 0x9E3779B1U + salt);
  return static_cast<float>(scramble(a ^ (static_cast<std::uint32_t>(y) * 0x85EBCA77U)) >> 8) *
         0x1p-24F;
}

// Cells around jittered points of a unit grid (Worley, SIGGRAPH 1996).
struct Cell {
  float distance = 0;    // to the nearest point
  float edge = 0;        // second nearest minus nearest: 0 on the border of two cells
  std::uint32_t id = 0;  // of the nearest point
};
Cell cells2(float x, float y, float jitter = 1);

// How much of a texture whose features are `feature` apart survives at a sampling distance of
// `footprint` (same unit): 1 for fine sampling, 0 where it could only alias.
inline float texture_fade(float feature, float footprint) {
  return clamp01(1.6F - 2 * footprint / feature);
}

}  // namespace ersatz::data::scenes
