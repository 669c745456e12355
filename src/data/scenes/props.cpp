#include "data/scenes/props.h"

#include <vector>

#include "data/scenes/render/mesh.h"
#include "data/scenes/surfaces.h"

namespace ersatz::data::scenes {
namespace {

// Cold or grey: none of the colours a fruit can have.
Rgb clutter_colour(core::Stream& random) {
  if (random.uniform() < 0.4F) {
    const float grey = random.uniform(0.12F, 0.95F);
    return hsv(0.6F, 0.04F, grey);
  }
  return hsv(random.uniform(0.52F, 0.74F), random.uniform(0.15F, 0.6F), random.uniform(0.3F, 0.8F));
}

Part unlabelled(const Material* material) { return {material, -1, true, false}; }

}  // namespace

float add_plate(World& world, float radius, core::Stream& random) {
  const float foot = 0.62F * radius, rise = random.uniform(1.2F, 1.8F);
  const float thick = 0.45F;
  std::vector<ProfilePoint> profile = {{foot, 0},
                                       {foot + 0.2F, 0.2F},
                                       {0.8F * radius, 0.55F * rise},
                                       {radius, rise},
                                       {radius + 0.05F, rise + 0.5F * thick},
                                       {radius - 0.1F, rise + thick},
                                       {0.82F * radius, 0.45F * rise + thick},
                                       {0.72F * radius, thick + 0.15F},
                                       {0.6F * radius, thick},
                                       {0.02F, thick}};
  SurfaceLook look;
  const float white = random.uniform(0.82F, 0.95F);
  look.albedo = hsv(random.uniform(0.08F, 0.6F), random.uniform(0, 0.05F), white);
  look.roughness = 0.18F;
  look.specular = 0.05F;
  world.add(lathe_mesh(profile, 48), unlabelled(world.make<PlainMaterial>(look)));
  return thick;
}

float add_basket(World& world, float radius, float wall, core::Stream& random) {
  const float base = 0.88F * radius, rim = radius + 0.35F * wall;
  const Rgb colour =
      hsv(random.uniform(0.07F, 0.1F), random.uniform(0.45F, 0.62F), random.uniform(0.5F, 0.72F));
  const auto* wicker = world.make<WickerSurface>(colour, 34.0F, 22.0F);
  const std::vector<ProfilePoint> profile = {{base, 0},
                                             {0.5F * (base + rim), 0.5F * wall},
                                             {rim, wall},
                                             {rim + 0.35F, wall + 0.3F},
                                             {rim + 0.1F, wall + 0.75F},
                                             {rim - 0.45F, wall + 0.5F},
                                             {rim - 0.5F, wall},
                                             {0.5F * (base + rim) - 0.5F, 0.5F * wall},
                                             {base - 0.4F, 0.4F},
                                             {0.6F * base, 0.4F},
                                             {0.25F * base, 0.4F},
                                             {0.02F, 0.4F}};
  world.add(lathe_mesh(profile, 44), unlabelled(wicker));
  return 0.45F;
}

float add_cutting_board(World& world, float half_width, float half_depth, core::Stream& random) {
  WoodSurface::Look look;
  const bool dark = random.below(3) == 0;
  look.light = srgb(dark ? 0x9A6A42 : 0xDDBB8A);
  look.dark = srgb(dark ? 0x5E3A20 : 0xB58A58);
  look.plank = random.uniform(4, 7);
  look.grain = 0.8F;
  look.angle = kPi / 2;
  look.offset = random_offset(random);
  constexpr float kHeight = 1.8F, kCorner = 1.5F;
  std::vector<Point2> outline;
  for (int corner = 0; corner < 4; ++corner) {
    for (int i = 0; i <= 4; ++i) {
      const float angle = kPi / 2 * (static_cast<float>(corner) + static_cast<float>(i) / 4);
      const float cx = (corner == 0 || corner == 3 ? 1.0F : -1.0F) * (half_width - kCorner);
      const float cy = (corner < 2 ? 1.0F : -1.0F) * (half_depth - kCorner);
      outline.push_back({cx + kCorner * std::cos(angle), cy + kCorner * std::sin(angle)});
    }
  }
  Mesh mesh = prism_mesh(outline, 0, kHeight);
  mesh.transform(rotation({0, 0, 1}, random.uniform(-0.2F, 0.2F)), {});
  world.add(mesh, unlabelled(world.make<WoodSurface>(look)));
  return kHeight;
}

void add_clutter(World& world, Vec3 place, core::Stream& random) {
  const Rgb colour = clutter_colour(random);
  SurfaceLook look;
  look.albedo = colour;
  look.roughness = random.uniform(0.2F, 0.9F);
  const Mat3 turn = rotation({0, 0, 1}, random.uniform(0, 2 * kPi));
  Mesh mesh;
  switch (random.below(4)) {
    case 0: {  // a cup
      const float r = random.uniform(3, 4.2F), h = random.uniform(6, 10);
      mesh = lathe_mesh({{0.75F * r, 0},
                         {0.9F * r, 0.3F * h},
                         {r, h},
                         {r, h},
                         {0.9F * r, h},
                         {0.9F * r, h},
                         {0.8F * r, 0.4F * h},
                         {0.6F * r, 0.1F * h},
                         {0.02F, 0.1F * h}},
                        22);
      mesh.append(tube_mesh({{{0.9F * r, 0, 0.75F * h}, 0.4F},
                             {{1.5F * r, 0, 0.7F * h}, 0.4F},
                             {{1.55F * r, 0, 0.4F * h}, 0.4F},
                             {{0.85F * r, 0, 0.25F * h}, 0.4F}},
                            6));
      look.roughness = 0.25F;
      break;
    }
    case 1: {  // a box
      const float w = random.uniform(2.5F, 5), d = random.uniform(2, 4);
      mesh = box_mesh({-w, -d, 0}, {w, d, random.uniform(2, 9)});
      break;
    }
    case 2: {  // a book or a phone
      const float w = random.uniform(3.5F, 7), d = 0.7F * w;
      mesh = box_mesh({-w, -d, 0}, {w, d, random.uniform(0.6F, 2.2F)});
      break;
    }
    default: {  // a sheet of paper, a napkin
      const float w = random.uniform(3, 6), d = random.uniform(3, 5);
      mesh = box_mesh({-w, -d, 0}, {w, d, 0.08F});
      look.albedo = hsv(0.6F, random.uniform(0, 0.08F), random.uniform(0.8F, 0.97F));
      look.roughness = 0.9F;
    }
  }
  mesh.transform(turn, place);
  world.add(mesh, unlabelled(world.make<PlainMaterial>(look)));
}

}  // namespace ersatz::data::scenes
