// Which triangle is seen at each of four points of every pixel.
//
// The points are a rotated grid, so that nearly level and nearly upright edges get four steps.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "data/scenes/render/recycled.h"
#include "data/scenes/render/vec3.h"

namespace ersatz::data::scenes {

inline constexpr int kSamples = 4;
inline constexpr std::array<float, kSamples> kSampleX = {0.375F, 0.875F, 0.125F, 0.625F};
inline constexpr std::array<float, kSamples> kSampleY = {0.125F, 0.375F, 0.625F, 0.875F};
inline constexpr std::uint32_t kNoTriangle = 0xFFFFFFFFU;

// Four floats or masks that the compiler keeps in one register.
using Lanes = float __attribute__((vector_size(16)));
using LaneMask = std::int32_t __attribute__((vector_size(16)));

struct PixelSamples {
  Lanes nearness;     // 1 / distance; 0 where nothing is
  LaneMask triangle;  // kNoTriangle where nothing is
};

// Pixels [x0, x1) x [y0, y1).
struct PixelRange {
  int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  bool empty() const { return x0 >= x1 || y0 >= y1; }
  void include(const PixelRange& other);
};

class VisibilityBuffer {
 public:
  VisibilityBuffer(int width, int height);

  int width() const { return width_; }
  int height() const { return height_; }
  PixelSamples& at(int x, int y) { return pixels_[index(x, y)]; }
  const PixelSamples& at(int x, int y) const { return pixels_[index(x, y)]; }

  void clear(const PixelRange& range);
  // The pixels that a triangle of projected corners (Camera::project) can touch; empty when a
  // corner is behind the eye or the back is seen and `two_sided` is false.
  PixelRange reach(Vec3 a, Vec3 b, Vec3 c, bool two_sided) const;
  // Draws the triangle over what is farther away.
  void draw(Vec3 a, Vec3 b, Vec3 c, std::uint32_t triangle, const PixelRange& range);
  // Draws what is nearer in `other`.
  void merge(const VisibilityBuffer& other, const PixelRange& range);

 private:
  std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) +
           static_cast<std::size_t>(x);
  }

  int width_, height_;
  Recycled<PixelSamples> pixels_;
};

}  // namespace ersatz::data::scenes
