#include "data/scenes/orchard/leaves.h"

#include <cstdint>

#include "data/scenes/render/noise.h"

namespace ersatz::data::scenes {

void LeafMaterial::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const float along = point.texture.x, across = std::abs(point.texture.y), own = point.texture.z;
  const float vein = smoothstep(0.14F, 0.03F, across);
  const float ribs = 0.5F + 0.5F * std::sin(26 * (along + 0.35F * across));
  look.albedo = lerp(look_.dark, look_.light, 0.25F + 0.65F * own) * (0.94F + 0.1F * ribs);
  look.albedo = lerp(look.albedo, look_.light * 1.35F, 0.5F * vein);
  // A few leaves turn.
  if (own > 0.97F) look.albedo = lerp(look.albedo, srgb(0x8A7A34), 0.6F);
  const float inside = clamp01((point.position.y - look_.front) / look_.depth);
  look.albedo *= lerp(1, look_.shade, inside);
  look.roughness = 0.42F;
  look.specular = 0.035F * (1 - inside);
  look.translucency = 0.55F;
}

void add_leaf(Mesh& mesh, Vec3 stalk, Vec3 along, Vec3 up, float length, float width, bool folded,
              float random) {
  const Vec3 side = normalized(cross(along, up));
  const Vec3 normal = cross(side, along);
  const auto first = static_cast<std::uint32_t>(mesh.vertices.size());
  const Vec3 out = side * (0.5F * width);
  if (!folded) {
    const Vec3 middle = stalk + along * (0.45F * length);
    mesh.vertices.push_back({stalk, normal, {0, 0, random}});
    mesh.vertices.push_back({middle + out, normalized(normal + side * 0.4F), {0.45F, 1, random}});
    mesh.vertices.push_back({stalk + along * length, normal, {1, 0, random}});
    mesh.vertices.push_back({middle - out, normalized(normal - side * 0.4F), {0.45F, -1, random}});
    mesh.triangles.push_back({first, first + 1, first + 2});
    mesh.triangles.push_back({first, first + 2, first + 3});
    return;
  }
  // Two rows of vertices beside the midrib; the tip bends down.
  const auto rib = [&](float t) {
    return stalk + along * (length * t) - normal * (0.16F * length * t * t);
  };
  const Vec3 lift = normal * (0.16F * width);
  const Vec3 left_normal = normalized(normal - side * 0.55F);
  const Vec3 right_normal = normalized(normal + side * 0.55F);
  constexpr float kAt[2] = {0.3F, 0.68F};
  constexpr float kWide[2] = {0.92F, 0.78F};
  mesh.vertices.push_back({rib(0), normal, {0, 0, random}});
  for (int i = 0; i < 2; ++i) {
    const Vec3 middle = rib(kAt[i]);
    mesh.vertices.push_back({middle, normal, {kAt[i], 0, random}});
    mesh.vertices.push_back({middle + out * kWide[i] + lift, left_normal, {kAt[i], 1, random}});
    mesh.vertices.push_back({middle - out * kWide[i] + lift, right_normal, {kAt[i], -1, random}});
  }
  mesh.vertices.push_back({rib(1), normal, {1, 0, random}});
  const auto triangle = [&](std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    mesh.triangles.push_back({first + a, first + b, first + c});
  };
  // 0 stalk; 1, 2, 3 middle, left, right; 4, 5, 6 the same farther out; 7 tip.
  triangle(0, 2, 1);
  triangle(0, 1, 3);
  triangle(1, 2, 5);
  triangle(1, 5, 4);
  triangle(1, 4, 6);
  triangle(1, 6, 3);
  triangle(4, 5, 7);
  triangle(4, 7, 6);
}

void AppleSkin::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const Vec3 d = point.texture;
  const float cloud = skin_fractal(d * 1.7F + look_.offset, 2);
  // Stripes run from stem to blossom.
  const float angle = 9 * std::atan2(d.y, d.x);
  const float stripe =
      skin_noise(Vec3{angle * 0.7F, d.z * 0.8F, 2.3F} + look_.offset) * (1 - 0.8F * d.z * d.z);
  const float sun =
      dot(d, look_.sunny_side) + 0.6F * cloud + look_.stripes * stripe - 0.5F * d.z * d.z;
  const float level = 1.1F - 2.2F * look_.covered;
  look.albedo = lerp(look_.ground, look_.cover, smoothstep(level - 0.35F, level + 0.35F, sun));
  const float see_dots = texture_fade(0.006F, point.footprint);
  if (see_dots > 0) {
    const float dots = skin_noise(d * 15 + look_.offset);
    look.albedo =
        lerp(look.albedo, srgb(0xE8D9A8), 0.3F * see_dots * smoothstep(0.45F, 0.6F, dots));
  }
  const float stem = std::hypot(d.x, d.y);
  if (d.z > 0) {
    look.albedo = lerp(look.albedo, srgb(0x8C8A3A), 0.6F * smoothstep(0.32F, 0.12F, stem));
  } else {
    look.albedo = lerp(look.albedo, srgb(0x3A2A18), smoothstep(0.14F, 0.07F, stem));
  }
  look.albedo *= look_.shade;
  look.specular = 0.05F * look_.shade;
  look.roughness = 0.27F;
}

Mesh apple_mesh(int segments, core::Stream& random) {
  const float tall = random.uniform(0.88F, 1.02F), shoulders = random.uniform(0.03F, 0.1F);
  return radial_mesh(segments, segments * 2 / 3, [=](Vec3 d) {
    const float angle = std::acos(std::min(1.0F, std::max(-1.0F, d.z)));
    const float dent = 0.3F * std::exp(-square(angle / 0.36F));
    const float eye = 0.12F * std::exp(-square((kPi - angle) / 0.3F));
    return (1 + shoulders * d.z) * (1 - dent - eye) * (1 - (1 - tall) * d.z * d.z);
  });
}

}  // namespace ersatz::data::scenes
