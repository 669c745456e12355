#include "data/scenes/outdoor/plants.h"

#include "data/scenes/render/mesh.h"
#include "data/scenes/render/noise.h"
#include "data/scenes/surfaces.h"

namespace ersatz::data::scenes {

void Foliage::look_at(const SurfacePoint& point, SurfaceLook& look) const {
  const Vec3 p = point.position * fineness_ + offset_;
  const float footprint = 0.4F * fineness_ * point.footprint;
  const float clump = skin_noise(p * 1.6F);
  const float leaf = skin_noise(p * 4.3F) * texture_fade(0.25F, footprint);
  const float fine = skin_noise(p * 11) * texture_fade(0.1F, footprint);
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

Grove make_grove(World& world, core::Stream& random) {
  Grove grove;
  grove.foliage = world.make<Foliage>(srgb(0x78913F), srgb(0x1E3014), random_offset(random));
  grove.bark = world.plain(srgb(0x5A4636), 0.9F, 0.01F);
  for (Mesh& clump : grove.clumps) {
    const Vec3 offset = random_offset(random);
    clump = radial_mesh(10, 7, [&](Vec3 d) { return 1 + 0.35F * skin_noise(d * 1.7F + offset); });
  }
  return grove;
}

void add_tree(World& world, Vec3 place, float height, const Grove& grove, core::Stream& random) {
  const float trunk = 0.3F * height, thick = 0.028F * height;
  world.add(tube_mesh({{place, 1.3F * thick},
                       {place + Vec3{0.02F * height, 0, 0.6F * trunk}, thick},
                       {place + Vec3{0, 0.02F * height, 1.6F * trunk}, 0.7F * thick}},
                      7),
            {grove.bark, -1, false, false});
  const std::uint32_t crown = world.add({}, {grove.foliage, -1, false, false});
  for (int i = 0; i < 4; ++i) {
    Mesh clump = grove.clumps[random.below(grove.clumps.size())];
    const float size = height * random.uniform(0.17F, 0.24F);
    const float angle = random.uniform(0, 2 * kPi);
    const float away = i == 0 ? 0.0F : 0.17F * height;
    const Vec3 at{away * std::cos(angle), away * std::sin(angle),
                  height * (i == 0 ? 0.78F : random.uniform(0.48F, 0.74F))};
    const float c = size * std::cos(angle), s = size * std::sin(angle);
    clump.transform({{c, s, 0}, {-s, c, 0}, {0, 0, 0.9F * size}}, place + at);
    world.extend(clump, crown);
  }
  world.ground_occluders.push_back(
      {place + Vec3{0, 0, 0.62F * height}, 0.3F * height, Rgb{0.04F, 0.08F, 0.02F}, -1});
}

}  // namespace ersatz::data::scenes
