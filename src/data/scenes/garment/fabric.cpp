#include "data/scenes/garment/fabric.h"

#include <algorithm>
#include <cstddef>

#include "data/scenes/render/noise.h"

namespace ersatz::data::scenes {
namespace {

// Fills the cells whose middle is inside the outline (even-odd), row by row.
void fill(const std::vector<Point2>& outline, float left, float bottom, float cell, int side,
          std::vector<float>& grid) {
  std::vector<float> crossings;
  for (int row = 0; row < side; ++row) {
    const float y = bottom + (static_cast<float>(row) + 0.5F) * cell;
    crossings.clear();
    for (std::size_t i = 0; i < outline.size(); ++i) {
      const Point2 a = outline[i], b = outline[(i + 1) % outline.size()];
      if ((a.y <= y) == (b.y <= y)) continue;
      crossings.push_back(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x));
    }
    std::sort(crossings.begin(), crossings.end());
    for (std::size_t k = 0; k + 1 < crossings.size(); k += 2) {
      const int from =
          std::max(0, static_cast<int>(std::ceil((crossings[k] - left) / cell - 0.5F)));
      const int to =
          std::min(side - 1, static_cast<int>(std::floor((crossings[k + 1] - left) / cell - 0.5F)));
      for (int column = from; column <= to; ++column) {
        grid[static_cast<std::size_t>(row * side + column)] = 1;
      }
    }
  }
}

// One pass of a box blur over lines `step` apart.
void box_blur(std::vector<float>& grid, int side, int radius, bool across) {
  std::vector<float> line(static_cast<std::size_t>(side));
  const int step = across ? 1 : side, jump = across ? side : 1;
  for (int row = 0; row < side; ++row) {
    float* at = &grid[static_cast<std::size_t>(row * jump)];
    for (int i = 0; i < side; ++i) line[static_cast<std::size_t>(i)] = at[i * step];
    float sum = 0;
    for (int i = 0; i < radius; ++i) sum += line[static_cast<std::size_t>(i)];
    for (int i = 0; i < side; ++i) {
      if (i + radius < side) sum += line[static_cast<std::size_t>(i + radius)];
      if (i - radius - 1 >= 0) sum -= line[static_cast<std::size_t>(i - radius - 1)];
      at[i * step] = sum / static_cast<float>(2 * radius + 1);
    }
  }
}

float ridge(float a) { return 1 / (1 + square(a * 4)); }

}  // namespace

HeightField::HeightField(const std::vector<const std::vector<Point2>*>& outlines, float round)
    : heights_(static_cast<std::size_t>(kSide) * kSide, 0) {
  float right = -1e9F, top = -1e9F;
  left_ = bottom_ = 1e9F;
  for (const auto* outline : outlines) {
    for (const Point2 p : *outline) {
      left_ = std::min(left_, p.x);
      right = std::max(right, p.x);
      bottom_ = std::min(bottom_, p.y);
      top = std::max(top, p.y);
    }
  }
  const float extent = std::max(right - left_, top - bottom_) + 4 * round;
  cell_ = extent / kSide;
  left_ = 0.5F * (left_ + right) - 0.5F * extent;
  bottom_ = 0.5F * (bottom_ + top) - 0.5F * extent;
  for (const auto* outline : outlines) fill(*outline, left_, bottom_, cell_, kSide, heights_);
  const int radius = std::max(1, static_cast<int>(std::lround(0.6F * round / cell_)));
  for (int pass = 0; pass < 2; ++pass) {
    box_blur(heights_, kSide, radius, true);
    box_blur(heights_, kSide, radius, false);
  }
  // Half covered is the edge: rises steeply there, and is flat inside.
  for (float& height : heights_) height = std::sqrt(clamp01(2 * height - 1));
}

HeightField::Slope HeightField::slope_at(float x, float y) const {
  const float fx = std::min(kSide - 3.0F, std::max(1.0F, (x - left_) / cell_ - 0.5F));
  const float fy = std::min(kSide - 3.0F, std::max(1.0F, (y - bottom_) / cell_ - 0.5F));
  const int ix = static_cast<int>(fx), iy = static_cast<int>(fy);
  const float u = fx - static_cast<float>(ix), v = fy - static_cast<float>(iy);
  const float* at = &heights_[static_cast<std::size_t>(iy * kSide + ix)];
  const auto bilinear = [&](int dx, int dy) {
    const float* p = at + dy * kSide + dx;
    return lerp(lerp(p[0], p[1], u), lerp(p[kSide], p[kSide + 1], u), v);
  };
  return {(bilinear(1, 0) - bilinear(-1, 0)) / (2 * cell_),
          (bilinear(0, 1) - bilinear(0, -1)) / (2 * cell_)};
}

Rgb Fabric::patterned(float x, float y, float footprint) const {
  if (look_.pattern == "plain") return look_.colour;
  const float soft = 0.02F + 0.6F * footprint / look_.period;
  const auto wave = [&](float a) {
    return std::abs(a / look_.period - std::floor(a / look_.period) - 0.5F);
  };
  if (look_.pattern == "striped") {
    return lerp(look_.colour, look_.second, smoothstep(0.32F - soft, 0.32F + soft, wave(y)));
  }
  if (look_.pattern == "checked") {
    const float a = smoothstep(0.33F - soft, 0.33F + soft, wave(x));
    const float b = smoothstep(0.33F - soft, 0.33F + soft, wave(y));
    return lerp(look_.colour, look_.second, 0.5F * (a + b));
  }
  // Dots on every second place of a grid.
  const float row = std::floor(y / look_.period);
  const float shift = (static_cast<int>(row) & 1) != 0 ? 0.5F : 0.0F;
  const float u = x / look_.period + shift, v = y / look_.period;
  const float away = std::hypot(u - std::floor(u) - 0.5F, v - row - 0.5F);
  return lerp(look_.colour, look_.second, smoothstep(0.27F + soft, 0.27F - soft, away));
}

void Fabric::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const float x = point.texture.x, y = point.texture.y;
  const float ox = x + look_.offset.x, oy = y + look_.offset.y;
  // Folds pull the pattern with them.
  const float drape = noise2(ox * 0.22F, oy * 0.028F);
  const float crease_field = noise2(ox * 0.055F + 0.5F * drape, oy * 0.045F);
  const float crease = ridge(crease_field);
  const float pull = 0.5F * look_.folds * drape;
  look.albedo = patterned(x + pull, y + pull, point.footprint);

  const HeightField::Slope edge = heights_->slope_at(x, y);
  Vec3 slope{edge.dx * look_.thickness, edge.dy * look_.thickness, 0};
  const float e = 0.6F;
  if (look_.upright_folds > 0) {
    const float dx = noise2((ox + e) * 0.22F, oy * 0.028F) - drape;
    slope.x += look_.upright_folds * look_.folds * 2.6F * dx / e;
  }
  const float cx = ridge(noise2((ox + e) * 0.055F + 0.5F * drape, oy * 0.045F)) - crease;
  const float cy = ridge(noise2(ox * 0.055F + 0.5F * drape, (oy + e) * 0.045F)) - crease;
  const float crumple = 1.5F * look_.folds * (1 - 0.6F * look_.upright_folds) / e;
  slope += Vec3{cx, cy, 0} * crumple;
  if (look_.quilted) {
    // Tubes of down across the body.
    const float tube = y / 6.5F - std::floor(y / 6.5F) - 0.5F;
    slope.y -= 1.5F * tube;
    look.albedo *= 1 - 0.45F * smoothstep(0.42F, 0.5F, std::abs(tube));
  }
  if (look_.knit) {
    const float fade = texture_fade(0.6F, point.footprint);
    look.albedo *= 1 + fade * 0.18F * std::sin(2 * kPi * x / 0.6F);
  } else {
    const float grain = noise2(ox * 3, oy * 3) * texture_fade(0.4F, point.footprint);
    look.albedo *= 1 + 0.08F * grain;
  }
  look.albedo *= 1 - 0.12F * look_.folds * smoothstep(0.3F, -0.3F, drape) * look_.upright_folds;
  look.normal = bumped(point.normal, slope);
  look.roughness = lerp(0.95F, 0.35F, look_.gloss);
  look.specular = 0.02F + 0.03F * look_.gloss;
  look.velvet = look_.knit ? 0.3F : 0.1F;
}

}  // namespace ersatz::data::scenes
