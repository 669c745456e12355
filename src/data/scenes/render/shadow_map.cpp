#include "data/scenes/render/shadow_map.h"

#include <array>
#include <cstddef>
#include <limits>

namespace ersatz::data::scenes {
namespace {

constexpr float kNothing = -std::numeric_limits<float>::infinity();

// Even over the unit disc: the golden-angle spiral.
constexpr int kTaps = 12, kSearchTaps = 8;

struct Tap {
  float x, y;
};

template <int count>
std::array<Tap, count> spiral() {
  std::array<Tap, count> taps{};
  for (int i = 0; i < count; ++i) {
    const float radius = std::sqrt((static_cast<float>(i) + 0.5F) / count);
    const float angle = 2.39996323F * static_cast<float>(i);
    taps[static_cast<std::size_t>(i)] = {radius * std::cos(angle), radius * std::sin(angle)};
  }
  return taps;
}

const std::array<Tap, kTaps> kSpiral = spiral<kTaps>();
const std::array<Tap, kSearchTaps> kSearch = spiral<kSearchTaps>();

}  // namespace

ShadowMap::ShadowMap(const World& world, int side)
    : side_(side),
      towards_(world.light.towards),
      size_(world.light.size),
      heights_(static_cast<std::size_t>(side) * static_cast<std::size_t>(side), kNothing) {
  const Mat3 frame = tilt_to(towards_);
  across_ = frame.x;
  along_ = frame.y;
  float low_x = 1e30F, low_y = 1e30F, high_x = -1e30F, high_y = -1e30F;
  highest_ = kNothing;
  bool any = false;
  for (const WorldTriangle& t : world.triangles) {
    if (!world.parts[t.part].casts_shadow) continue;
    any = true;
    for (const std::uint32_t corner : {t.a, t.b, t.c}) {
      const Vec3 p = world.vertices[corner].position;
      low_x = std::min(low_x, dot(p, across_));
      high_x = std::max(high_x, dot(p, across_));
      low_y = std::min(low_y, dot(p, along_));
      high_y = std::max(high_y, dot(p, along_));
      highest_ = std::max(highest_, dot(p, towards_));
    }
  }
  if (!any) return;
  // A margin of two texels, so that taps beside the casters find nothing.
  const float extent = std::max({high_x - low_x, high_y - low_y, 1e-6F});
  scale_ = static_cast<float>(side - 4) / extent;
  texel_ = 1 / scale_;
  origin_x_ = 2 - low_x * scale_;
  origin_y_ = 2 - low_y * scale_;
  std::vector<Vec3> mapped(world.vertices.size());
  for (std::size_t i = 0; i < mapped.size(); ++i) mapped[i] = to_map(world.vertices[i].position);
  for (const WorldTriangle& t : world.triangles) {
    if (world.parts[t.part].casts_shadow) draw(mapped[t.a], mapped[t.b], mapped[t.c]);
  }
}

Vec3 ShadowMap::to_map(Vec3 p) const {
  return {dot(p, across_) * scale_ + origin_x_, dot(p, along_) * scale_ + origin_y_,
          dot(p, towards_)};
}

void ShadowMap::draw(Vec3 a, Vec3 b, Vec3 c) {
  float area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
  if (area == 0) return;
  if (area < 0) {
    std::swap(b, c);
    area = -area;
  }
  const int x0 = std::max(0, static_cast<int>(std::min({a.x, b.x, c.x})));
  const int y0 = std::max(0, static_cast<int>(std::min({a.y, b.y, c.y})));
  const int x1 = std::min(side_ - 1, static_cast<int>(std::max({a.x, b.x, c.x})));
  const int y1 = std::min(side_ - 1, static_cast<int>(std::max({a.y, b.y, c.y})));
  const float slope_x = ((b.z - a.z) * (c.y - a.y) - (c.z - a.z) * (b.y - a.y)) / area;
  const float slope_y = ((b.x - a.x) * (c.z - a.z) - (c.x - a.x) * (b.z - a.z)) / area;
  for (int y = y0; y <= y1; ++y) {
    const float py = static_cast<float>(y) + 0.5F;
    float* row = &heights_[static_cast<std::size_t>(y) * static_cast<std::size_t>(side_)];
    for (int x = x0; x <= x1; ++x) {
      const float px = static_cast<float>(x) + 0.5F;
      const float e0 = (c.x - b.x) * (py - b.y) - (c.y - b.y) * (px - b.x);
      const float e1 = (a.x - c.x) * (py - c.y) - (a.y - c.y) * (px - c.x);
      const float e2 = (b.x - a.x) * (py - a.y) - (b.y - a.y) * (px - a.x);
      if (e0 < 0 || e1 < 0 || e2 < 0) continue;
      row[x] = std::max(row[x], a.z + slope_x * (px - a.x) + slope_y * (py - a.y));
    }
  }
}

float ShadowMap::height_at(int x, int y) const {
  if (x < 0 || y < 0 || x >= side_ || y >= side_) return kNothing;
  return heights_[static_cast<std::size_t>(y) * static_cast<std::size_t>(side_) +
                  static_cast<std::size_t>(x)];
}

float ShadowMap::covered(float x, float y, float height) const {
  const float fx = x - 0.5F, fy = y - 0.5F;
  const float floor_x = std::floor(fx), floor_y = std::floor(fy);
  const float u = fx - floor_x, v = fy - floor_y;
  const int ix = static_cast<int>(floor_x), iy = static_cast<int>(floor_y);
  const auto above = [&](int dx, int dy) {
    return height_at(ix + dx, iy + dy) > height ? 1.0F : 0.0F;
  };
  return lerp(lerp(above(0, 0), above(1, 0), u), lerp(above(0, 1), above(1, 1), u), v);
}

float ShadowMap::lit(Vec3 position, Vec3 normal) const {
  if (scale_ == 0) return 1;
  const float facing = dot(normal, towards_);
  // Lifted off its own surface by what one texel can hide there.
  const Vec3 lifted = position + normal * (1.5F * texel_);
  const Vec3 p = to_map(lifted);
  const float height = p.z + texel_ * (0.5F + 1.5F * clamp01(1 - facing));
  if (height >= highest_) return 1;
  // The widest penumbra the highest caster can throw, within the map.
  const float reach = std::min(0.25F * static_cast<float>(side_),
                               std::max(1.5F, size_ * (highest_ - height) * scale_));
  if (p.x < -reach || p.y < -reach || p.x > static_cast<float>(side_) + reach ||
      p.y > static_cast<float>(side_) + reach) {
    return 1;
  }
  float sum = 0;
  int blockers = 0;
  for (const Tap& tap : kSearch) {
    const float found = height_at(static_cast<int>(std::floor(p.x + tap.x * reach)),
                                  static_cast<int>(std::floor(p.y + tap.y * reach)));
    if (found > height) {
      sum += found - height;
      ++blockers;
    }
  }
  if (blockers == 0) return 1;
  const float penumbra =
      std::min(reach, std::max(1.0F, size_ * (sum / static_cast<float>(blockers)) * scale_));
  float shade = 0;
  for (const Tap& tap : kSpiral) {
    shade += covered(p.x + tap.x * penumbra, p.y + tap.y * penumbra, height);
  }
  return 1 - shade / kTaps;
}

}  // namespace ersatz::data::scenes
