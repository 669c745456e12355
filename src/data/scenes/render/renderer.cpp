#include "data/scenes/render/renderer.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "data/scenes/render/noise.h"
#include "data/scenes/render/recycled.h"
#include "data/scenes/render/shading.h"
#include "data/scenes/render/shadow_map.h"
#include "data/scenes/render/vector_clones.h"

namespace ersatz::data::scenes {
namespace {

constexpr int kNeeded = 2;  // samples of four that make a pixel an object's

// The triangles of every object, and of all that is not labelled.
struct Groups {
  std::vector<std::uint32_t> unlabelled;
  std::vector<std::vector<std::uint32_t>> labelled;
};

Groups group(const World& world) {
  Groups groups;
  groups.labelled.resize(static_cast<std::size_t>(world.objects));
  for (std::size_t i = 0; i < world.triangles.size(); ++i) {
    const int object = world.parts[world.triangles[i].part].object;
    auto& list = object < 0 ? groups.unlabelled : groups.labelled[static_cast<std::size_t>(object)];
    list.push_back(static_cast<std::uint32_t>(i));
  }
  return groups;
}

void grow(PixelRange& range, int x, int y) { range.include({x, y, x + 1, y + 1}); }

class Frame {
 public:
  Frame(const World& world, int width, int height, bool cutout)
      : world_(world),
        cutout_(cutout),
        buffer_(width, height),
        shadows_(world, std::max(96, std::max(width, height) * 5 / 4)),
        mirror_(world.wet_ground ? width : 0, world.wet_ground ? height : 0),
        shading_(world, shadows_) {
    result_.width = width;
    result_.height = height;
    const auto pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    result_.light.resize(pixels);
    result_.labels.resize(pixels);
    result_.coverage.resize(pixels);
    result_.objects.resize(static_cast<std::size_t>(world.objects));
    light_step_ = std::clamp(std::min(width, height) / 64, 1, 4);
    light_columns_ = width / light_step_ + 2;
    const int light_rows = height / light_step_ + 2;
    if (world.ground != nullptr) {
      ground_lights_.resize(static_cast<std::size_t>(light_columns_ * light_rows));
    }
  }

  Rendering run() {
    find_visible();
    std::size_t pixel = 0;
    for (int y = 0; y < result_.height; ++y) {
      for (int x = 0; x < result_.width; ++x, ++pixel) {
        result_.light[pixel] = shade_pixel(x, y, pixel);
      }
    }
    return std::move(result_);
  }

 private:
  struct GroundPoint {
    SurfacePoint point;
    float distance = 0;
  };
  // Light at a corner of the grid over the picture.
  struct GroundLight {
    bool known = false, there = false;
    Illumination light;
  };

  void find_visible();
  // Where the ray of `direction` (unit) meets the ground.
  bool find_ground(Vec3 direction, GroundPoint& ground) const;
  const GroundLight& ground_light(int column, int row);
  bool interpolate_light(float x, float y, Illumination& light);
  PixelRange draw(VisibilityBuffer& target, const std::vector<std::uint32_t>& triangles);
  Rgb shade_pixel(int x, int y, std::size_t pixel);
  // `mirrored`: as seen in the wet ground.
  Rgb shade_triangle(std::uint32_t triangle, float x, float y, bool mirrored) const;
  Rgb shade_behind(float x, float y);
  bool find_mirrored(const SurfacePoint& ground, float x, float y, Rgb& light) const;
  void set_label(int object, int x, int y, std::size_t pixel);
  void label(const PixelSamples& samples, int x, int y, std::size_t pixel);

  const World& world_;
  bool cutout_;
  VisibilityBuffer buffer_;
  ShadowMap shadows_;
  VisibilityBuffer mirror_;  // the world below the ground, seen through it
  Shading shading_;
  Recycled<Vec3> projected_, mirrored_;
  int light_step_ = 2, light_columns_ = 0;  // px
  std::vector<GroundLight> ground_lights_;
  Rendering result_;
};

ERSATZ_VECTOR_CLONES
PixelRange Frame::draw(VisibilityBuffer& target, const std::vector<std::uint32_t>& triangles) {
  PixelRange touched;
  for (const std::uint32_t i : triangles) {
    const WorldTriangle& t = world_.triangles[i];
    const Vec3 a = projected_[t.a], b = projected_[t.b], c = projected_[t.c];
    const PixelRange range = target.reach(a, b, c, world_.parts[t.part].two_sided);
    target.draw(a, b, c, i, range);
    touched.include(range);
  }
  return touched;
}

void Frame::find_visible() {
  projected_.resize(world_.vertices.size());
  for (std::size_t i = 0; i < projected_.size(); ++i) {
    projected_[i] = world_.camera.project(world_.vertices[i].position);
  }
  if (world_.wet_ground) {
    mirrored_.resize(projected_.size());
    for (std::size_t i = 0; i < mirrored_.size(); ++i) {
      Vec3 below = world_.vertices[i].position;
      below.z = -below.z;
      mirrored_[i] = world_.camera.project(below);
    }
    for (std::size_t i = 0; i < world_.triangles.size(); ++i) {
      const WorldTriangle& t = world_.triangles[i];
      const Vec3 a = mirrored_[t.a], b = mirrored_[t.b], c = mirrored_[t.c];
      mirror_.draw(a, b, c, static_cast<std::uint32_t>(i), mirror_.reach(a, b, c, true));
    }
  }
  const Groups groups = group(world_);
  draw(buffer_, groups.unlabelled);
  if (groups.labelled.empty()) return;
  // Each object is drawn alone first: that is its full extent.
  VisibilityBuffer alone(result_.width, result_.height);
  for (std::size_t k = 0; k < groups.labelled.size(); ++k) {
    ObjectPixels& object = result_.objects[k];
    const PixelRange touched = draw(alone, groups.labelled[k]);
    for (int y = touched.y0; y < touched.y1; ++y) {
      for (int x = touched.x0; x < touched.x1; ++x) {
        const Lanes near = alone.at(x, y).nearness;
        int samples = 0;
        for (int s = 0; s < kSamples; ++s) {
          samples += near[s] > 0 ? 1 : 0;
          object.nearness = std::max(object.nearness, near[s]);
        }
        if (samples < kNeeded) continue;
        ++object.full_pixels;
        grow(object.full, x, y);
      }
    }
    buffer_.merge(alone, touched);
    alone.clear(touched);
  }
}

void Frame::label(const PixelSamples& samples, int x, int y, std::size_t pixel) {
  std::array<int, kSamples> objects{};
  int covered = 0;
  for (int s = 0; s < kSamples; ++s) {
    const auto triangle = static_cast<std::uint32_t>(samples.triangle[s]);
    const int object =
        triangle == kNoTriangle ? -1 : world_.parts[world_.triangles[triangle].part].object;
    objects[static_cast<std::size_t>(s)] = object;
    covered += object >= 0 ? 1 : 0;
  }
  result_.coverage[pixel] = static_cast<std::uint8_t>(covered);
  int best = -1, best_samples = 0;
  float best_nearness = 0;
  for (int s = 0; s < kSamples; ++s) {
    const int object = objects[static_cast<std::size_t>(s)];
    if (object < 0) continue;
    int count = 0;
    for (const int other : objects) count += other == object ? 1 : 0;
    if (count > best_samples || (count == best_samples && samples.nearness[s] > best_nearness)) {
      best = object;
      best_samples = count;
      best_nearness = samples.nearness[s];
    }
  }
  if (best_samples < kNeeded) return;
  set_label(best, x, y, pixel);
}

void Frame::set_label(int object, int x, int y, std::size_t pixel) {
  result_.labels[pixel] = static_cast<std::uint16_t>(object + 1);
  ObjectPixels& seen = result_.objects[static_cast<std::size_t>(object)];
  ++seen.visible_pixels;
  grow(seen.visible, x, y);
}

Rgb Frame::shade_pixel(int x, int y, std::size_t pixel) {
  const PixelSamples& samples = buffer_.at(x, y);
  const auto fx = static_cast<float>(x), fy = static_cast<float>(y);
  const LaneMask none = samples.triangle == LaneMask{-1, -1, -1, -1};
  if ((none[0] & none[1] & none[2] & none[3]) != 0) {
    return cutout_ ? Rgb{} : shade_behind(fx + 0.5F, fy + 0.5F);
  }
  std::array<std::uint32_t, kSamples> parts{};
  for (int s = 0; s < kSamples; ++s) {
    const auto triangle = static_cast<std::uint32_t>(samples.triangle[s]);
    parts[static_cast<std::size_t>(s)] =
        triangle == kNoTriangle ? kNoTriangle : world_.triangles[triangle].part;
  }
  if (parts[0] == parts[1] && parts[0] == parts[2] && parts[0] == parts[3]) {
    const int object = world_.parts[parts[0]].object;
    if (object >= 0) {
      result_.coverage[pixel] = kSamples;
      set_label(object, x, y, pixel);
    }
    return shade_triangle(static_cast<std::uint32_t>(samples.triangle[0]), fx + kSampleX[0],
                          fy + kSampleY[0], false);
  }
  label(samples, x, y, pixel);
  Rgb sum;
  int weight = 0;
  unsigned done = 0;
  for (std::size_t s = 0; s < kSamples; ++s) {
    if ((done >> s & 1U) != 0) continue;
    int count = 0;
    for (std::size_t other = s; other < kSamples; ++other) {
      if (parts[other] != parts[s]) continue;
      ++count;
      done |= 1U << other;
    }
    if (parts[s] == kNoTriangle && cutout_) continue;
    const Rgb light =
        parts[s] == kNoTriangle
            ? shade_behind(fx + 0.5F, fy + 0.5F)
            : shade_triangle(static_cast<std::uint32_t>(samples.triangle[static_cast<int>(s)]),
                             fx + kSampleX[s], fy + kSampleY[s], false);
    sum += light * static_cast<float>(count);
    weight += count;
  }
  return sum / static_cast<float>(weight);
}

ERSATZ_VECTOR_CLONES
Rgb Frame::shade_triangle(std::uint32_t triangle, float x, float y, bool mirrored) const {
  const WorldTriangle& t = world_.triangles[triangle];
  const Part& part = world_.parts[t.part];
  const Recycled<Vec3>& corners = mirrored ? mirrored_ : projected_;
  const Vec3 a = corners[t.a], b = corners[t.b], c = corners[t.c];
  // Areas over the edges, weighted by nearness: perspective-correct.
  float wa = ((c.x - b.x) * (y - b.y) - (c.y - b.y) * (x - b.x)) * a.z;
  float wb = ((a.x - c.x) * (y - c.y) - (a.y - c.y) * (x - c.x)) * b.z;
  float wc = ((b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x)) * c.z;
  const float sum = wa + wb + wc;
  if (sum != 0) {
    wa /= sum;
    wb /= sum;
    wc /= sum;
  } else {
    wa = wb = wc = 1.0F / 3;
  }
  const Vertex &va = world_.vertices[t.a], &vb = world_.vertices[t.b], &vc = world_.vertices[t.c];
  SurfacePoint point;
  point.position = va.position * wa + vb.position * wb + vc.position * wc;
  point.normal = normalized(va.normal * wa + vb.normal * wb + vc.normal * wc);
  point.texture = va.texture * wa + vb.texture * wb + vc.texture * wc;
  Vec3 to_eye = world_.camera.eye - point.position;
  if (mirrored) to_eye.z = -world_.camera.eye.z - point.position.z;
  const float distance = length(to_eye);
  point.to_eye = to_eye / distance;
  if (part.two_sided && dot(point.normal, point.to_eye) < 0) point.normal = -point.normal;
  const float facing = std::max(0.15F, dot(point.normal, point.to_eye));
  point.footprint = distance / (world_.camera.focal * std::sqrt(facing));
  const SurfaceLook look = shading_.look_at(point, *part.material);
  return shading_.seen(look, shading_.illuminate(point, look, part.object), distance);
}

bool Frame::find_mirrored(const SurfacePoint& ground, float x, float y, Rgb& light) const {
  // Ripples: the picture in the water wavers, up and down more than sideways.
  const float strength = 0.012F * world_.camera.focal;
  const float waver = noise2(ground.position.x * 2.3F, ground.position.y * 2.3F);
  const float across = noise2(ground.position.x * 5.1F + 9, ground.position.y * 5.1F);
  const float mx = x + 0.3F * strength * across, my = y + strength * waver;
  if (mx < 0 || my < 0 || mx >= static_cast<float>(result_.width) ||
      my >= static_cast<float>(result_.height)) {
    return false;
  }
  const PixelSamples& samples = mirror_.at(static_cast<int>(mx), static_cast<int>(my));
  const auto triangle = static_cast<std::uint32_t>(samples.triangle[0]);
  if (triangle == kNoTriangle) return false;
  light =
      shade_triangle(triangle, std::floor(mx) + kSampleX[0], std::floor(my) + kSampleY[0], true);
  return true;
}

bool Frame::find_ground(Vec3 direction, GroundPoint& ground) const {
  if (world_.ground == nullptr || direction.z >= -1e-4F) return false;
  ground.distance = world_.camera.eye.z / -direction.z;
  SurfacePoint& point = ground.point;
  point.position = world_.camera.eye + direction * ground.distance;
  if (point.position.y >= world_.ground_end) return false;
  point.normal = {0, 0, 1};
  point.texture = point.position;
  point.to_eye = -direction;
  point.footprint =
      ground.distance / (world_.camera.focal * std::sqrt(std::max(0.02F, -direction.z)));
  return true;
}

const Frame::GroundLight& Frame::ground_light(int column, int row) {
  GroundLight& entry = ground_lights_[static_cast<std::size_t>(row * light_columns_ + column)];
  if (entry.known) return entry;
  entry.known = true;
  GroundPoint ground;
  entry.there = find_ground(world_.camera.ray(static_cast<float>(column * light_step_),
                                              static_cast<float>(row * light_step_)),
                            ground);
  if (entry.there) {
    const SurfaceLook look = shading_.look_at(ground.point, *world_.ground);
    entry.light = shading_.illuminate(ground.point, look, kGroundPoint);
  }
  return entry;
}

// Light on the ground changes little from pixel to pixel: it is computed for a coarser grid and
// interpolated. What the ground looks like is computed for every pixel.
bool Frame::interpolate_light(float x, float y, Illumination& light) {
  const float gx = x / static_cast<float>(light_step_), gy = y / static_cast<float>(light_step_);
  const int column = static_cast<int>(gx), row = static_cast<int>(gy);
  const GroundLight& a = ground_light(column, row);
  const GroundLight& b = ground_light(column + 1, row);
  const GroundLight& c = ground_light(column, row + 1);
  const GroundLight& d = ground_light(column + 1, row + 1);
  if (!a.there || !b.there || !c.there || !d.there) return false;  // at the horizon
  const float u = gx - static_cast<float>(column), v = gy - static_cast<float>(row);
  light = lerp(lerp(a.light, b.light, u), lerp(c.light, d.light, u), v);
  return true;
}

Rgb Frame::shade_behind(float x, float y) {
  const Vec3 direction = world_.camera.ray(x, y);
  GroundPoint ground;
  if (!find_ground(direction, ground)) {
    return world_.environment->backdrop(direction, 1 / world_.camera.focal);
  }
  const SurfaceLook look = shading_.look_at(ground.point, *world_.ground);
  Illumination light;
  if (world_.wet_ground || !interpolate_light(x, y, light)) {
    Rgb mirrored;
    const bool found = world_.wet_ground && find_mirrored(ground.point, x, y, mirrored);
    light = shading_.illuminate(ground.point, look, kGroundPoint, found ? &mirrored : nullptr);
  }
  return shading_.seen(look, light, ground.distance);
}

}  // namespace

Rendering render(const World& world, int width, int height) {
  return Frame(world, width, height, false).run();
}

Rendering render_cutout(const World& world, int width, int height) {
  return Frame(world, width, height, true).run();
}

}  // namespace ersatz::data::scenes
