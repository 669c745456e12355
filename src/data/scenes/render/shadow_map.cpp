#include "data/scenes/render/shadow_map.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <limits>

#include "data/scenes/render/vector_clones.h"
#include "data/scenes/render/visibility.h"

namespace ersatz::data::scenes {
namespace {

constexpr float kNothing = -std::numeric_limits<float>::infinity();

constexpr int kSearchTaps = 6, kTaps = 14, kTurns = 4, kFineTaps = 36;
constexpr int kBlock = 8;  // texels

struct Tap {
  float x, y;
};

// Even over the unit disc: the golden-angle spiral. Four taps at a time; the last four may reach
// beyond `count`.
template <int count>
struct Spiral {
  static constexpr int kFours = (count + 3) / 4;
  std::array<Lanes, kFours> x{}, y{};

  explicit Spiral(float turn) {
    for (int i = 0; i < count; ++i) {
      const float radius = std::sqrt((static_cast<float>(i) + 0.5F) / count);
      const float angle = turn + 2.39996323F * static_cast<float>(i);
      x[static_cast<std::size_t>(i / 4)][i % 4] = radius * std::cos(angle);
      y[static_cast<std::size_t>(i / 4)][i % 4] = radius * std::sin(angle);
    }
  }
};

// Turned differently from point to point: few taps then show as grain, not as steps.
const std::array<Spiral<kTaps>, kTurns> kSpirals = {Spiral<kTaps>(0), Spiral<kTaps>(0.6F),
                                                    Spiral<kTaps>(1.2F), Spiral<kTaps>(1.8F)};
// Many taps, the same everywhere, where the result is shared by many pixels.
const Spiral<kFineTaps> kFineSpiral(0);
const Spiral<kSearchTaps> kSearch(0.3F);

// What `see` is given: the heights at the taps around a point of a square map, `radius` texels
// wide. Far from the map's rim: what is beyond it reads as the empty rim.
template <int count, typename See>
inline void at_taps(const float* heights, int side, const Spiral<count>& taps, Vec3 point,
                    float radius, See see) {
  const float last = static_cast<float>(side) - 0.5F;
  const auto inside = [last](Lanes at) {
    at = at > 0.5F ? at : Lanes{0.5F, 0.5F, 0.5F, 0.5F};
    return __builtin_convertvector(at < last ? at : Lanes{last, last, last, last}, LaneMask);
  };
  for (std::size_t four = 0; four < Spiral<count>::kFours; ++four) {
    const LaneMask columns = inside(point.x + taps.x[four] * radius);
    const LaneMask rows = inside(point.y + taps.y[four] * radius);
    for (int i = 0; i < 4 && static_cast<int>(four) * 4 + i < count; ++i) {
      see(heights[rows[i] * side + columns[i]]);
    }
  }
}

// The share of the taps at which something is higher than the point.
template <int count>
inline float share_above(const float* heights, int side, const Spiral<count>& taps, Vec3 point,
                         float height, float radius) {
  int above = 0;
  at_taps(heights, side, taps, point, radius,
          [&](float found) { above += found > height ? 1 : 0; });
  return static_cast<float>(above) / count;
}

}  // namespace

ShadowMap::ShadowMap(const World& world, int side)
    : side_(side),
      towards_(world.light.towards),
      size_(world.light.size),
      heights_(static_cast<std::size_t>(side) * static_cast<std::size_t>(side) + 4, kNothing) {
  const Mat3 frame = tilt_to(towards_);
  across_ = frame.x;
  along_ = frame.y;
  // Along the frame of the light; on the map further down.
  Recycled<Vec3> mapped(world.vertices.size());
  for (std::size_t i = 0; i < mapped.size(); ++i) {
    const Vec3 p = world.vertices[i].position;
    mapped[i] = {dot(p, across_), dot(p, along_), dot(p, towards_)};
  }
  float low_x = 1e30F, low_y = 1e30F, high_x = -1e30F, high_y = -1e30F;
  highest_ = kNothing;
  float lowest = 0;
  bool any = false;
  for (const WorldTriangle& t : world.triangles) {
    if (!world.parts[t.part].casts_shadow) continue;
    any = true;
    for (const std::uint32_t corner : {t.a, t.b, t.c}) {
      const Vec3 p = mapped[corner];
      low_x = std::min(low_x, p.x);
      high_x = std::max(high_x, p.x);
      low_y = std::min(low_y, p.y);
      high_y = std::max(high_y, p.y);
      highest_ = std::max(highest_, p.z);
      lowest = std::min(lowest, p.z);
    }
  }
  if (!any) return;
  // A margin of two texels, so that taps beside the casters find nothing.
  const float extent = std::max({high_x - low_x, high_y - low_y, 1e-6F});
  scale_ = static_cast<float>(side - 4) / extent;
  texel_ = 1 / scale_;
  origin_x_ = 2 - low_x * scale_;
  origin_y_ = 2 - low_y * scale_;
  for (Vec3& p : mapped) p = {p.x * scale_ + origin_x_, p.y * scale_ + origin_y_, p.z};
  for (const WorldTriangle& t : world.triangles) {
    if (world.parts[t.part].casts_shadow) draw(mapped[t.a], mapped[t.b], mapped[t.c]);
  }
  widest_ = std::min(0.25F * static_cast<float>(side),
                     std::max(1.5F, size_ * (highest_ - lowest) * scale_));
  summarise(widest_);
}

Vec3 ShadowMap::to_map(Vec3 p) const {
  return {dot(p, across_) * scale_ + origin_x_, dot(p, along_) * scale_ + origin_y_,
          dot(p, towards_)};
}

ERSATZ_VECTOR_CLONES
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
  // A texel that is touched at all counts: thin things must not fall through the grid. Four texels
  // at a time; the map's rim of two empty texels takes what the last four overshoot.
  const auto left = static_cast<float>(x0) + 0.5F, top = static_cast<float>(y0) + 0.5F;
  struct Edge {
    Lanes row, step;
    float dy;
  };
  const auto edge = [&](Vec3 from, Vec3 to) {
    const float dx = from.y - to.y, dy = to.x - from.x;
    const float start =
        dx * (left - from.x) + dy * (top - from.y) + 0.25F * (std::abs(dx) + std::abs(dy));
    return Edge{Lanes{start, start + dx, start + 2 * dx, start + 3 * dx},
                Lanes{4 * dx, 4 * dx, 4 * dx, 4 * dx}, dy};
  };
  Edge edges[3] = {edge(b, c), edge(c, a), edge(a, b)};
  const float start = a.z + slope_x * (left - a.x) + slope_y * (top - a.y);
  Lanes row_height{start, start + slope_x, start + 2 * slope_x, start + 3 * slope_x};
  const float step = 4 * slope_x;
  const Lanes steps{step, step, step, step};
  const LaneMask last{x1, x1, x1, x1};
  for (int y = y0; y <= y1; ++y) {
    float* texels = &heights_[static_cast<std::size_t>(y * side_ + x0)];
    Lanes e0 = edges[0].row, e1 = edges[1].row, e2 = edges[2].row, height = row_height;
    // The widened edges of a sharp corner meet far outside: the box of the triangle ends them.
    LaneMask columns{x0, x0 + 1, x0 + 2, x0 + 3};
    for (int x = x0; x <= x1; x += 4, texels += 4) {
      Lanes old;
      std::memcpy(&old, texels, sizeof(old));
      const LaneMask inside =
          (e0 >= 0) & (e1 >= 0) & (e2 >= 0) & (height > old) & (columns <= last);
      old = inside ? height : old;
      std::memcpy(texels, &old, sizeof(old));
      e0 += edges[0].step;
      e1 += edges[1].step;
      e2 += edges[2].step;
      height += steps;
      columns += LaneMask{4, 4, 4, 4};
    }
    for (Edge& line : edges) line.row += Lanes{line.dy, line.dy, line.dy, line.dy};
    row_height += Lanes{slope_y, slope_y, slope_y, slope_y};
  }
}

inline float ShadowMap::covered(float x, float y, float height) const {
  const float last = static_cast<float>(side_) - 2;
  const float fx = std::min(last, std::max(0.0F, x - 0.5F));
  const float fy = std::min(last, std::max(0.0F, y - 0.5F));
  const auto column = static_cast<std::size_t>(fx), row = static_cast<std::size_t>(fy);
  const float u = fx - static_cast<float>(column), v = fy - static_cast<float>(row);
  const float* upper = &heights_[row * static_cast<std::size_t>(side_) + column];
  const float* lower = upper + side_;
  const float a = upper[0] > height ? 1 - u : 0, b = upper[1] > height ? u : 0;
  const float c = lower[0] > height ? 1 - u : 0, d = lower[1] > height ? u : 0;
  return (a + b) * (1 - v) + (c + d) * v;
}

// Blocks of texels with the highest point within the widest penumbra of any of theirs: most
// points find there that nothing can be in their way.
ERSATZ_VECTOR_CLONES
void ShadowMap::summarise(float widest) {
  blocks_ = (side_ + kBlock - 1) / kBlock;
  const auto n = static_cast<std::size_t>(blocks_);
  std::vector<float> own(n * n, kNothing), across(n * n, kNothing);
  for (int y = 0; y < side_; ++y) {
    for (int x = 0; x < side_; ++x) {
      float& block =
          own[static_cast<std::size_t>(y / kBlock) * n + static_cast<std::size_t>(x / kBlock)];
      block =
          std::max(block, heights_[static_cast<std::size_t>(y) * static_cast<std::size_t>(side_) +
                                   static_cast<std::size_t>(x)]);
    }
  }
  const int reach = 1 + static_cast<int>((widest + 2) / kBlock);
  summit_.assign(n * n, kNothing);
  const auto at = [n](int x, int y) {
    return static_cast<std::size_t>(y) * n + static_cast<std::size_t>(x);
  };
  for (int y = 0; y < blocks_; ++y) {
    for (int x = 0; x < blocks_; ++x) {
      float highest = kNothing;
      for (int k = std::max(0, x - reach); k <= std::min(blocks_ - 1, x + reach); ++k) {
        highest = std::max(highest, own[at(k, y)]);
      }
      across[at(x, y)] = highest;
    }
  }
  for (int y = 0; y < blocks_; ++y) {
    for (int x = 0; x < blocks_; ++x) {
      float highest = kNothing;
      for (int k = std::max(0, y - reach); k <= std::min(blocks_ - 1, y + reach); ++k) {
        highest = std::max(highest, across[at(x, k)]);
      }
      summit_[at(x, y)] = highest;
    }
  }
}

ERSATZ_VECTOR_CLONES
float ShadowMap::lit(Vec3 position, Vec3 normal, bool fine) const {
  if (scale_ == 0) return 1;
  const float facing = dot(normal, towards_);
  // Lifted off its own surface by what one texel can hide there.
  const Vec3 p = to_map(position + normal * (1.5F * texel_));
  const float height = p.z + texel_ * (0.5F + 1.5F * clamp01(1 - facing));
  if (height >= highest_) return 1;
  // The widest penumbra the highest caster can throw, within the map.
  const float reach = std::min(widest_, std::max(1.5F, size_ * (highest_ - height) * scale_));
  const auto side = static_cast<float>(side_);
  if (p.x < -reach || p.y < -reach || p.x > side + reach || p.y > side + reach) return 1;
  if (p.x >= 0 && p.y >= 0 && p.x < side && p.y < side) {
    const int block = static_cast<int>(p.y) / kBlock * blocks_ + static_cast<int>(p.x) / kBlock;
    if (summit_[static_cast<std::size_t>(block)] <= height) return 1;
  }
  float sum = 0;
  int blockers = 0;
  at_taps(heights_.data(), side_, kSearch, p, reach, [&](float found) {
    if (found > height) {
      sum += found - height;
      ++blockers;
    }
  });
  if (blockers == 0) return 1;
  if (blockers == kSearchTaps && reach > 4) return 0;  // deep in the shadow
  const float penumbra =
      std::min(reach, std::max(1.0F, size_ * (sum / static_cast<float>(blockers)) * scale_));
  float shade = 0;
  if (penumbra < 2) {
    // An edge within few texels: weigh them, or it would show stairs.
    constexpr int kCorners = 4;
    for (const Tap tap : {Tap{-0.5F, -0.5F}, Tap{0.5F, -0.5F}, Tap{-0.5F, 0.5F}, Tap{0.5F, 0.5F}}) {
      shade += covered(p.x + tap.x * penumbra, p.y + tap.y * penumbra, height);
    }
    return 1 - shade / kCorners;
  }
  if (fine) return 1 - share_above(heights_.data(), side_, kFineSpiral, p, height, penumbra);
  const auto turn = (static_cast<std::size_t>(static_cast<int>(p.x * 2.7F)) +
                     3 * static_cast<std::size_t>(static_cast<int>(p.y * 2.3F))) %
                    kTurns;
  return 1 - share_above(heights_.data(), side_, kSpirals[turn], p, height, penumbra);
}

}  // namespace ersatz::data::scenes
