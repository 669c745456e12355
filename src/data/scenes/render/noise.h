// Textures from nothing: repeatable noise over points of space.
//
// Gradient noise after Perlin, "Improving noise", SIGGRAPH 2002, on a fixed permutation. Everything
// is a pure function of its arguments; give different things different offsets.
#pragma once

#include <cstdint>

#include "data/scenes/render/vec3.h"

namespace ersatz::data::scenes {

// About [-1, 1], mean 0, features about 1 unit apart.
float noise3(Vec3 p);
float noise2(float x, float y);

// `octaves` layers of noise, each twice as fine and half as strong; about [-1, 1].
float fractal3(Vec3 p, int octaves);
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
