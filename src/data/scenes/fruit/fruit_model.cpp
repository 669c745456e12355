#include "data/scenes/fruit/fruit_model.h"

#include <functional>

#include "core/error.h"
#include "data/scenes/fruit/fruit_skins.h"
#include "data/scenes/render/noise.h"
#include "data/scenes/surfaces.h"

namespace ersatz::data::scenes {
namespace {

float bell(float a, float width) { return std::exp(-square(a / width)); }

// Angle from the stem, 0 at the top.
float polar(Vec3 direction) { return std::acos(std::min(1.0F, std::max(-1.0F, direction.z))); }

struct Body {
  std::function<float(Vec3)> radius;  // relative to 1, by direction
  Vec3 stretch{1, 1, 1};
};

Body orange_body(core::Stream& random) {
  const float flat = random.uniform(0.93F, 1.0F);
  const Vec3 offset = random_offset(random);
  return {[offset](Vec3 d) {
            const float angle = polar(d);
            return 1 + 0.03F * noise3(d * 1.3F + offset) - 0.05F * bell(angle, 0.25F) -
                   0.02F * bell(kPi - angle, 0.2F);
          },
          {1, 1, flat}};
}

Body peach_body(core::Stream& random) {
  const float tip = random.uniform(0.0F, 0.07F), seam_depth = random.uniform(0.05F, 0.1F);
  const Vec3 offset = random_offset(random);
  return {[=](Vec3 d) {
            const float angle = polar(d), longitude = std::atan2(d.y, d.x);
            const float seam = bell(longitude, 0.24F) * std::sqrt(std::max(0.0F, 1 - d.z * d.z));
            return 1 + 0.03F * noise3(d * 1.3F + offset) - 0.2F * bell(angle, 0.36F) +
                   tip * bell(kPi - angle, 0.22F) - seam_depth * seam;
          },
          {1, random.uniform(0.94F, 1.04F), random.uniform(0.92F, 1.03F)}};
}

Body kiwi_body(core::Stream& random) {
  const Vec3 offset = random_offset(random);
  return {[offset](Vec3 d) {
            const float angle = polar(d);
            return 1 + 0.025F * noise3(d * 1.5F + offset) - 0.03F * bell(angle, 0.18F) +
                   0.03F * bell(kPi - angle, 0.12F);
          },
          {random.uniform(0.95F, 1.05F), 1, random.uniform(1.22F, 1.45F)}};
}

Body lemon_body(core::Stream& random) {
  const float tip = random.uniform(0.14F, 0.2F);
  const Vec3 offset = random_offset(random);
  return {[=](Vec3 d) {
            const float angle = polar(d);
            return 1 + 0.03F * noise3(d * 1.4F + offset) + tip * bell(kPi - angle, 0.24F) +
                   0.6F * tip * bell(angle, 0.3F);
          },
          {random.uniform(0.97F, 1.03F), 1, random.uniform(1.18F, 1.32F)}};
}

Body tomato_body(core::Stream& random) {
  const auto ribs = static_cast<float>(5 + random.below(4));
  const float rib_depth = random.uniform(0.0F, 0.045F);
  const Vec3 offset = random_offset(random);
  return {[=](Vec3 d) {
            const float angle = polar(d), longitude = std::atan2(d.y, d.x);
            const float upper = clamp01(0.35F + 0.65F * d.z);
            const float rib =
                std::cos(ribs * longitude) * std::sqrt(std::max(0.0F, 1 - d.z * d.z)) * upper;
            return 1 + 0.025F * noise3(d * 1.2F + offset) + rib_depth * rib -
                   0.17F * bell(angle, 0.4F) - 0.04F * bell(kPi - angle, 0.25F);
          },
          {1, 1, random.uniform(0.76F, 0.92F)}};
}

// Green leaves and the stub of a stem on top of a tomato whose surface is `surface(direction)`.
Mesh calyx(const std::function<Vec3(Vec3)>& surface, float radius, core::Stream& random) {
  Mesh mesh;
  const int leaves = 5 + static_cast<int>(random.below(2));
  const float reach = random.uniform(0.55F, 0.8F), curl = random.uniform(0.05F, 0.2F);
  const float start = random.uniform(0, 2 * kPi);
  for (int k = 0; k < leaves; ++k) {
    const float around = start + 2 * kPi * static_cast<float>(k) / static_cast<float>(leaves) +
                         random.uniform(-0.15F, 0.15F);
    const float long_ = reach * random.uniform(0.8F, 1.15F);
    mesh.append(grid_mesh(3, 6, false, [&](float u, float v) {
      const float angle = 0.05F + long_ * v;
      const float half =
          0.2F * std::sin(kPi * (0.22F + 0.78F * v)) / std::max(0.25F, std::sin(angle));
      const float longitude = around + (u - 0.5F) * half * 1.3F;
      const Vec3 d{std::sin(angle) * std::cos(longitude), std::sin(angle) * std::sin(longitude),
                   std::cos(angle)};
      const float lift = 0.03F + curl * v * v - 0.04F * std::abs(u - 0.5F);
      return Vertex{surface(d) + Vec3{0, 0, radius * lift}, {}, {u, v, 0}};
    }));
  }
  const Vec3 top = surface({0, 0, 1});
  const float lean = random.uniform(-0.2F, 0.2F);
  mesh.append(tube_mesh({{top, 0.09F * radius},
                         {top + Vec3{lean * 0.2F, 0, 0.16F} * radius, 0.06F * radius},
                         {top + Vec3{lean, 0.1F, 0.34F} * radius, 0.075F * radius}},
                        6));
  return mesh;
}

FruitModel round_fruit(const Body& body, const Material* skin, float radius, int segments,
                       const Mat3& pose) {
  FruitModel model;
  Mesh mesh = radial_mesh(segments, segments * 2 / 3, body.radius);
  const Mat3 stretch{{body.stretch.x, 0, 0}, {0, body.stretch.y, 0}, {0, 0, body.stretch.z}};
  for (Vertex& vertex : mesh.vertices) vertex.position *= radius;
  mesh.transform(pose * stretch, {});
  model.pieces.push_back({std::move(mesh), skin, false});
  return model;
}

// Puts the model on the table and fills in what follows from its shape.
void settle(FruitModel& model) {
  float low = 1e9F, high = -1e9F;
  for (const FruitPiece& piece : model.pieces) low = std::min(low, piece.mesh.lowest());
  for (FruitPiece& piece : model.pieces) {
    for (Vertex& vertex : piece.mesh.vertices) {
      vertex.position.z -= low;
      high = std::max(high, vertex.position.z);
      model.radius = std::max(model.radius, std::hypot(vertex.position.x, vertex.position.y));
    }
  }
  for (Occluder& ball : model.balls) ball.centre.z -= low;
  for (Disc& disc : model.discs) disc.centre.z -= low;
  model.height = high;
}

FruitModel banana(World& world, const FruitVariety& variety, int segments, core::Stream& random) {
  const float length = random.uniform(15.5F, 19) * variety.size;
  const float thick = random.uniform(1.55F, 1.85F) * variety.size;
  const float span = random.uniform(1.35F, 2.1F);  // radians of a circle
  const float bow = length / span;
  constexpr int kPoints = 18;
  std::vector<TubePoint> spine;
  FruitModel model;
  for (int i = 0; i < kPoints; ++i) {
    const float t = static_cast<float>(i) / (kPoints - 1);
    // The stem end is straighter than the rest.
    const float angle = span * (t - 0.5F) + 0.12F * square(std::max(0.0F, 0.25F - t) / 0.25F);
    const Vec3 at{bow * std::sin(angle), bow * (std::cos(angle) - std::cos(0.4F * span)),
                  0.35F * std::cos(2 * angle)};
    const float neck = smoothstep(0.03F, 0.24F, t), blunt = std::sqrt(clamp01((1 - t) / 0.13F));
    float radius = thick * (0.3F + 0.7F * neck) * lerp(0.42F, 1.0F, std::min(1.0F, blunt));
    if (t > 0.97F) radius = 0.3F * thick;
    if (i == 0) radius *= 1.25F;
    spine.push_back({at, radius});
    if (i % 5 == 3) model.balls.push_back({at, 0.95F * radius, {}, -1});
    if (i % 2 == 1 || i == 0) model.discs.push_back({at, radius});
  }
  SkinSpecimen specimen;
  specimen.offset = random_offset(random);
  specimen.hue = random.uniform(-1, 1);
  specimen.ripeness = variety.ripeness;
  specimen.wear = variety.wear;
  specimen.radius = thick;
  Mesh mesh = tube_mesh(spine, std::max(10, segments * 5 / 8), 5, 0.055F);
  mesh.transform(rotation({1, 0, 0}, random.uniform(-0.25F, 0.25F)), {});
  model.pieces.push_back({std::move(mesh), world.make<BananaSkin>(specimen), false});
  model.colour = srgb(0xE3C235);
  settle(model);
  return model;
}

}  // namespace

void FruitModel::turn(float radians) {
  const Mat3 map = rotation({0, 0, 1}, radians);
  for (FruitPiece& piece : pieces) piece.mesh.transform(map, {});
  for (Occluder& ball : balls) ball.centre = map * ball.centre;
  for (Disc& disc : discs) disc.centre = map * disc.centre;
}

FruitModel make_fruit(World& world, const std::string& fruit, const FruitVariety& variety,
                      int segments, core::Stream& random) {
  if (fruit == "banana") return banana(world, variety, segments, random);
  SkinSpecimen specimen;
  specimen.offset = random_offset(random);
  specimen.hue = random.uniform(-1, 1);
  specimen.ripeness = variety.ripeness;
  specimen.wear = variety.wear;
  const float lean = variety.tilt * std::sqrt(random.uniform());
  const float heading = random.uniform(0, 2 * kPi);
  const Vec3 stem{std::sin(lean) * std::cos(heading), std::sin(lean) * std::sin(heading),
                  std::cos(lean)};
  Mat3 pose = tilt_to(stem) * rotation({0, 0, 1}, random.uniform(0, 2 * kPi));
  // Long fruits lie.
  const auto lie_down = [&] {
    const float roll = kPi / 2 + random.uniform(-0.25F, 0.25F);
    pose = rotation({0, 0, 1}, heading) * rotation({1, 0, 0}, roll) *
           rotation({0, 0, 1}, random.uniform(0, 2 * kPi));
  };
  const bool long_fruit = fruit == "kiwi" || fruit == "lemon";
  float radius = 0;
  Body body;
  const Material* skin = nullptr;
  Rgb colour;
  if (fruit == "orange") {
    radius = random.uniform(3.4F, 4.0F);
    body = orange_body(random);
    specimen.radius = radius * variety.size;
    skin = world.make<OrangeSkin>(specimen);
    colour = srgb(0xE88A1C);
  } else if (fruit == "peach") {
    radius = random.uniform(3.1F, 3.7F);
    body = peach_body(random);
    const Vec3 sunny = normalized({random.normal(), random.normal(), random.normal() + 0.3F});
    skin = world.make<PeachSkin>(specimen, sunny);
    colour = srgb(0xE09060);
  } else if (fruit == "kiwi") {
    radius = random.uniform(2.2F, 2.55F);
    body = kiwi_body(random);
    skin = world.make<KiwiSkin>(specimen);
    colour = srgb(0x7A5C33);
    lie_down();
  } else if (fruit == "lemon") {
    radius = random.uniform(2.5F, 2.9F);
    body = lemon_body(random);
    specimen.radius = radius * variety.size;
    skin = world.make<LemonSkin>(specimen);
    colour = srgb(0xE0C838);
    lie_down();
  } else if (fruit == "tomato") {
    radius = random.uniform(3.0F, 3.7F);
    body = tomato_body(random);
    skin = world.make<TomatoSkin>(specimen);
    colour = srgb(0xC52A1C);
  } else {
    throw core::Error::internal("no such fruit: " + fruit);
  }
  radius *= variety.size;
  FruitModel model = round_fruit(body, skin, radius, segments, pose);
  model.colour = colour;
  if (fruit == "tomato") {
    const auto surface = [&](Vec3 d) { return d * body.stretch * (radius * body.radius(d)); };
    Mesh leaves = calyx(surface, radius, random);
    leaves.transform(pose, {});
    SurfaceLook green;
    green.albedo = hsv(random.uniform(0.25F, 0.32F), random.uniform(0.55F, 0.75F),
                       random.uniform(0.32F, 0.5F));
    green.roughness = 0.7F;
    green.velvet = 0.4F;
    model.pieces.push_back({std::move(leaves), world.make<PlainMaterial>(green), true});
  }
  if (long_fruit) {
    const Vec3 axis = pose * Vec3{0, 0, 1};
    for (const float side : {-0.35F, 0.35F}) {
      model.balls.push_back({axis * (side * radius * body.stretch.z), radius, {}, -1});
    }
  } else {
    model.balls.push_back({{}, radius * 0.97F, {}, -1});
  }
  for (const Occluder& ball : model.balls) model.discs.push_back({ball.centre, ball.radius});
  settle(model);
  return model;
}

}  // namespace ersatz::data::scenes
