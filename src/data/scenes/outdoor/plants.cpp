#include "data/scenes/outdoor/plants.h"

#include "data/scenes/render/mesh.h"
#include "data/scenes/render/noise.h"
#include "data/scenes/surfaces.h"

namespace ersatz::data::scenes {

void Foliage::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const Vec3 p = point.position + offset_;
  const float clump = noise3(p * 1.6F);
  const float leaf = noise3(p * 4.3F) * texture_fade(0.25F, 0.4F * point.footprint);
  const float fine = noise3(p * 11) * texture_fade(0.1F, 0.4F * point.footprint);
  // Gaps between the leaves are dark.
  look.albedo = lerp(dark_, light_, clamp01(0.38F + 0.6F * clump + 0.75F * leaf + 0.5F * fine));
  look.roughness = 0.9F;
  look.specular = 0.01F;
  look.translucency = 0.25F;
  look.normal = bumped(point.normal, Vec3{clump, leaf, clump - leaf} * 0.6F);
}

void Grass::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const float x = point.position.x + offset_.x, y = point.position.y + offset_.y;
  const float patch = fractal2(x * 0.35F, y * 0.35F, 3);
  const float blade = noise2(x * 9, y * 9) * texture_fade(0.2F, point.footprint);
  look.albedo = lerp(dark_, light_, clamp01(0.5F + 0.7F * patch + 0.45F * blade));
  look.roughness = 1;
  look.specular = 0;
}

void add_tree(World& world, Vec3 place, float height, const Material* foliage, const Material* bark,
              core::Stream& random) {
  const float trunk = 0.3F * height, thick = 0.028F * height;
  Mesh wood = tube_mesh({{place, 1.3F * thick},
                         {place + Vec3{0.02F * height, 0, 0.6F * trunk}, thick},
                         {place + Vec3{0, 0.02F * height, 1.6F * trunk}, 0.7F * thick}},
                        7);
  world.add(wood, {bark, -1, false, false});
  Mesh crown;
  for (int clump = 0; clump < 4; ++clump) {
    const Vec3 offset = random_offset(random);
    Mesh one = radial_mesh(10, 7, [&](Vec3 d) { return 1 + 0.35F * noise3(d * 1.7F + offset); });
    const float size = height * random.uniform(0.17F, 0.24F);
    const float angle = random.uniform(0, 2 * kPi);
    const float away = clump == 0 ? 0.0F : 0.17F * height;
    const Vec3 at{away * std::cos(angle), away * std::sin(angle),
                  height * (clump == 0 ? 0.78F : random.uniform(0.48F, 0.74F))};
    one.transform({{size, 0, 0}, {0, size, 0}, {0, 0, 0.9F * size}}, place + at);
    crown.append(one);
  }
  world.add(crown, {foliage, -1, false, false});
  world.occluders.push_back(
      {place + Vec3{0, 0, 0.62F * height}, 0.3F * height, Rgb{0.04F, 0.08F, 0.02F}, -1});
}

}  // namespace ersatz::data::scenes
