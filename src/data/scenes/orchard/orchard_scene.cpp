// Apples on a tree in an orchard: among leaves, partly hidden, many and small.
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "data/scenes/orchard/leaves.h"
#include "data/scenes/outdoor/plants.h"
#include "data/scenes/outdoor/sky.h"
#include "data/scenes/painting.h"
#include "data/scenes/photographer.h"
#include "data/scenes/render/noise.h"
#include "data/scenes/surfaces.h"

namespace ersatz::data::scenes {
namespace {

// What is seen through the leaves: the dark inside of the tree, other trees, specks of sky.
class OrchardBackdrop final : public Environment {
 public:
  OrchardBackdrop(const Environment* sky, Rgb leaf, float sky_share, bool closed, Vec3 offset)
      : sky_(sky), leaf_(leaf), sky_share_(sky_share), closed_(closed), offset_(offset) {}

  Rgb backdrop(Vec3 direction, float pixel) const override {
    const float x = std::atan2(direction.x, direction.y), y = direction.z;
    if (!closed_) {
      // The next row of trees, up to where the sky begins.
      const float top = 0.2F + 0.07F * fractal2(6 * x + offset_.x, 2, 3);
      const float share = smoothstep(top + 0.02F, top - 0.02F, y);
      const Rgb sky = sky_->backdrop(direction, pixel);
      if (share <= 0) return sky;
      const float tone = 0.8F + 0.7F * fractal2(26 * x + offset_.y, 26 * y, 3);
      return lerp(sky, leaf_ * std::max(0.15F, tone), share);
    }
    const float large = fractal2(7 * x + offset_.x, 7 * y + offset_.y, 2);
    const float blur = noise2(17 * x + offset_.y, 17 * y);
    const Rgb dark = leaf_ * std::max(0.08F, 0.5F + 0.8F * large + 0.35F * blur);
    // Bright discs: out-of-focus gaps.
    const float gap =
        smoothstep(0.62F - sky_share_, 0.72F - sky_share_, blur * 0.6F + 0.6F * large + 0.5F * y);
    if (gap <= 0) return dark;
    return lerp(dark, sky_->reflection({direction.x, direction.y, 0.4F}, 1), gap);
  }
  Rgb reflection(Vec3 direction, float roughness) const override {
    return lerp(leaf_, sky_->reflection(direction, roughness), 0.5F);
  }

 private:
  const Environment* sky_;
  Rgb leaf_;
  float sky_share_;
  bool closed_;
  Vec3 offset_;
};

struct Canopy {
  Vec3 centre;
  Vec3 half;          // of the ellipsoid or block it fills
  bool round = true;  // an ellipsoid: a whole tree
  float front = 0, depth = 1, shade = 0.2F;

  float light_at(float y) const { return lerp(1, shade, clamp01((y - front) / depth)); }
  // A random place, nearer to the surface than to the middle.
  Vec3 draw(core::Stream& random) const {
    if (!round) {
      return centre + Vec3{half.x * random.uniform(-1, 1), half.y * random.uniform(-1, 1),
                           half.z * random.uniform(-1, 1)};
    }
    const float z = random.uniform(-0.95F, 1), angle = random.uniform(0, 2 * kPi);
    const float ring = std::sqrt(1 - z * z), r = std::pow(random.uniform(), 0.25F);
    return centre +
           Vec3{half.x * ring * std::cos(angle), half.y * ring * std::sin(angle), half.z * z} * r;
  }
};

Vec3 random_direction(core::Stream& random) {
  const float z = random.uniform(-1, 1), angle = random.uniform(0, 2 * kPi);
  const float ring = std::sqrt(1 - z * z);
  return {ring * std::cos(angle), ring * std::sin(angle), z};
}

void add_leaves(World& world, const Canopy& canopy, int count, float size, bool folded,
                const Material* material, core::Stream& random) {
  Mesh mesh;
  mesh.vertices.reserve(static_cast<std::size_t>(count * (folded ? 8 : 4)));
  mesh.triangles.reserve(static_cast<std::size_t>(count * (folded ? 8 : 2)));
  constexpr int kPerSpray = 7;
  for (int i = 0; i < count; i += kPerSpray) {
    // Leaves grow in sprays along a twig.
    const Vec3 start = canopy.draw(random);
    const Vec3 twig = normalized(random_direction(random) + Vec3{0, -0.3F, 0.2F});
    for (int k = 0; k < kPerSpray; ++k) {
      const Vec3 stalk = start + twig * (0.38F * size * static_cast<float>(k)) +
                         random_direction(random) * (0.15F * size);
      const Vec3 along =
          normalized(random_direction(random) + twig * 0.5F + Vec3{0, -0.35F, -0.35F});
      const Vec3 up = normalized(Vec3{0, -0.4F, 1} + random_direction(random) * 0.9F);
      const float length = size * random.uniform(0.75F, 1.2F);
      add_leaf(mesh, stalk, along, up, length, 0.55F * length, folded, random.uniform());
    }
  }
  world.add(mesh, {material, -1, true, true});
}

AppleSkin::Look apple_look(const std::string& colour, core::Stream& random) {
  AppleSkin::Look look;
  const float vary = random.uniform(-1, 1);
  if (colour == "red") {
    look.ground = hsv(0.11F + 0.02F * vary, 0.6F, 0.85F);
    look.cover = hsv(0.985F + 0.012F * vary, 0.86F, random.uniform(0.55F, 0.75F));
    look.covered = random.uniform(0.75F, 1.1F);
    look.stripes = random.uniform(0.1F, 0.7F);
  } else if (colour == "yellow") {
    look.ground = hsv(0.15F + 0.008F * vary, 0.62F, 0.93F);
    look.cover = hsv(0.12F, 0.7F, 0.92F);
    look.covered = random.uniform(0.2F, 0.5F);
    look.stripes = 0.1F;
  } else {
    look.ground = hsv(0.225F + 0.012F * vary, 0.66F, 0.78F);
    look.cover = hsv(0.2F, 0.6F, 0.82F);
    look.covered = random.uniform(0.1F, 0.4F);
    look.stripes = 0.05F;
  }
  look.offset = random_offset(random);
  look.sunny_side = normalized(random_direction(random) + Vec3{0, -0.8F, 0.6F});
  return look;
}

}  // namespace

void paint_apple_tree(const PaintJob& job, Painting& painting) {
  World& world = painting.world;
  const bool close = job.is("shot", "close-up");
  const bool many = job.is("amount", "many");
  const bool sunny = job.is("weather", "sunny");

  core::Stream camera_random = job.stream("camera");
  Canopy canopy;
  // Metres that the picture is wide where the first leaves are.
  const float span =
      close ? job.between(camera_random.uniform(0.55F, 0.8F), camera_random.uniform(0.7F, 1.1F))
            : job.between(camera_random.uniform(2.3F, 2.9F), camera_random.uniform(2.7F, 3.6F));
  Camera& camera = world.camera;
  const float focal = job.between(1.5F, 1.15F);
  if (close) {
    const float height = camera_random.uniform(1.4F, 2.2F);
    const float tilt = camera_random.uniform(-0.1F, 0.35F);
    const Vec3 target{0, 0, height};
    camera = Camera::looking(target + Vec3{0, -std::cos(tilt), -std::sin(tilt)} * (span * focal),
                             target, focal, job.width, job.height);
    const float wide = static_cast<float>(job.width) / job.smaller_side();
    const float high = static_cast<float>(job.height) / job.smaller_side();
    canopy.centre = {0, 0.3F, height};
    canopy.half = {0.75F * span * wide, 0.45F, 0.75F * span * high};
    canopy.round = false;
    canopy.front = -0.15F;
    canopy.depth = 0.75F;
  } else {
    const float crown = job.between(1.12F, 1.25F);
    canopy.centre = {camera_random.uniform(-0.2F, 0.2F), 0, 1.75F};
    canopy.half = {crown, 0.9F, camera_random.uniform(0.95F, 1.15F)};
    canopy.front = -0.85F;
    canopy.depth = 1.1F;
    const Vec3 target{0, 0, camera_random.uniform(1.4F, 1.7F)};
    const Vec3 eye{camera_random.uniform(-0.5F, 0.5F), -span * focal,
                   camera_random.uniform(1.2F, 1.8F)};
    camera = Camera::looking(eye, target, focal, job.width, job.height);
  }
  canopy.shade = job.between(0.3F, 0.16F);
  // Pixels per metre where the leaves are.
  const float scale = job.smaller_side() / span;

  OutdoorLight outdoor;
  outdoor.weather = sunny ? "sunny" : "overcast";
  outdoor.sky = sunny ? "clear" : "cloudy";
  core::Stream light_random = job.stream("light");
  light_outdoors(world, outdoor, light_random);
  if (!sunny) world.light.key *= 1.5F;

  core::Stream leaf_random = job.stream("leaves");
  const Vec3 offset = random_offset(leaf_random);
  LeafMaterial::Look leaf;
  const float hue =
      job.between(leaf_random.uniform(0.24F, 0.28F), leaf_random.uniform(0.27F, 0.34F));
  leaf.light = hsv(hue, job.between(0.62F, 0.42F), job.between(0.6F, 0.5F));
  leaf.dark = hsv(hue + 0.04F, 0.62F, 0.3F);
  leaf.front = canopy.front;
  leaf.depth = canopy.depth;
  leaf.shade = canopy.shade;
  const auto* leaves = world.make<LeafMaterial>(leaf);
  const float size = leaf_random.uniform(0.075F, 0.1F) * (close ? 1.0F : 1.25F);
  const bool folded = size * scale > 9;
  // Enough leaves to cover what the picture shows of the tree.
  const float shown =
      close ? 4 * canopy.half.x * canopy.half.z : kPi * canopy.half.x * canopy.half.z;
  const float density = job.between(0.75F, 1.1F) * (close ? 1.1F : 2.6F);
  add_leaves(world, canopy, static_cast<int>(density * shown / (0.3F * size * size)), size, folded,
             leaves, leaf_random);

  const Material* bark = world.plain(srgb(0x6A5847), 0.9F, 0.01F);
  if (close) {
    const int branches = 2 + static_cast<int>(leaf_random.below(2));
    for (int i = 0; i < branches; ++i) {
      const float z = canopy.centre.z + canopy.half.z * leaf_random.uniform(-0.7F, 0.7F);
      const float y = leaf_random.uniform(0.05F, 0.4F), rise = leaf_random.uniform(-0.4F, 0.5F);
      const float thick = leaf_random.uniform(0.008F, 0.02F);
      std::vector<TubePoint> spine;
      for (int k = 0; k <= 6; ++k) {
        const float t = static_cast<float>(k) / 3 - 1;
        spine.push_back({{1.1F * canopy.half.x * t, y + 0.04F * std::sin(3 * t),
                          z + rise * t * canopy.half.x + 0.03F * std::sin(5 * t + z)},
                         thick * (1.2F - 0.4F * t)});
      }
      world.add(tube_mesh(spine, 6), {bark, -1, true, false});
    }
  } else {
    const Vec3 foot{canopy.centre.x, 0.05F, 0};
    const Vec3 fork = foot + Vec3{0.03F, 0, canopy.centre.z - 0.7F * canopy.half.z};
    Mesh wood = tube_mesh({{foot, 0.1F}, {fork, 0.07F}, {canopy.centre, 0.04F}}, 8);
    for (int i = 0; i < 4; ++i) {
      const float angle = leaf_random.uniform(0, 2 * kPi);
      const Vec3 end =
          canopy.centre + Vec3{0.8F * canopy.half.x * std::cos(angle), 0.5F * std::sin(angle),
                               canopy.half.z * leaf_random.uniform(-0.2F, 0.6F)};
      wood.append(tube_mesh(
          {{fork, 0.045F}, {(fork + end) * 0.5F + Vec3{0, 0, -0.08F}, 0.03F}, {end, 0.01F}}, 6));
    }
    world.add(wood, {bark, -1, true, false});
    // The inside of the crown, too deep for single leaves to be told apart.
    Mesh inside;
    const Vec3 bumps = random_offset(leaf_random);
    for (int clump = 0; clump < 3; ++clump) {
      Mesh one = radial_mesh(14, 9, [&](Vec3 d) {
        return 0.8F + 0.3F * noise3(d * 2.3F + bumps * static_cast<float>(clump + 1));
      });
      const float side = static_cast<float>(clump - 1);
      one.transform({{0.55F * canopy.half.x, 0, 0},
                     {0, 0.6F * canopy.half.y, 0},
                     {0, 0, 0.66F * canopy.half.z}},
                    canopy.centre + Vec3{0.42F * side * canopy.half.x, 0.1F,
                                         (clump == 1 ? 0.22F : -0.08F) * canopy.half.z});
      inside.append(one);
    }
    world.add(inside, {world.make<Foliage>(lerp(leaf.dark, leaf.light, 0.4F), leaf.dark * 0.3F,
                                           offset, 4.0F),
                       -1, true, false});
    world.ground_end = 9;
    world.ground = world.make<Grass>(srgb(0x86984A), srgb(0x46592A), offset);
    world.ground_occluders.push_back({canopy.centre, 0.8F * canopy.half.x, leaf.dark, 1 << 20});
  }

  core::Stream apple_random = job.stream("apples");
  const int count =
      many ? static_cast<int>(close ? 9 + apple_random.below(8) : 26 + apple_random.below(26))
           : static_cast<int>(close ? 2 + apple_random.below(4) : 5 + apple_random.below(5));
  const float radius = apple_random.uniform(0.034F, 0.042F) * (close ? 1.0F : 1.15F);
  const int segments = std::clamp(static_cast<int>(0.7F * 2 * radius * scale), 8, 30);
  const Mesh shape = apple_mesh(segments, apple_random);
  std::vector<Vec3> places;
  for (int i = 0; i < count; ++i) {
    Vec3 place;
    bool fits = false;
    for (int tries = 0; tries < 60 && !fits; ++tries) {
      place = canopy.draw(apple_random);
      if (close) {
        place.x *= 0.8F;
        place.z = canopy.centre.z + 0.6F * (place.z - canopy.centre.z);
      }
      // On the side that is seen, some of them behind the first leaves.
      const float front = close ? canopy.front : canopy.centre.y - canopy.half.y;
      place.y =
          front + (close ? 0.1F : 0.05F) + canopy.depth * 0.6F * square(apple_random.uniform());
      if (!close) {
        const Vec3 from = place - canopy.centre;
        const float bulge = 1 - square(from.x / canopy.half.x) - square(from.z / canopy.half.z);
        if (bulge <= 0.05F) continue;
        place.y = canopy.centre.y - canopy.half.y * std::sqrt(bulge) +
                  0.3F * square(apple_random.uniform());
      }
      const Vec3 at = camera.project(place);
      const float margin = camera.focal * radius * at.z;
      fits = at.x > margin && at.y > margin && at.x < static_cast<float>(job.width) - margin &&
             at.y < static_cast<float>(job.height) - margin;
      for (const Vec3 other : places) fits = fits && length(other - place) > 2.05F * radius;
    }
    if (!fits) continue;
    places.push_back(place);
    AppleSkin::Look look = apple_look(job.attribute("colour"), apple_random);
    look.shade = lerp(1, canopy.light_at(place.y), 0.7F);
    const auto* skin = world.make<AppleSkin>(look);
    const float own = radius * apple_random.uniform(0.85F, 1.1F);
    const Vec3 stalk =
        normalized(Vec3{apple_random.uniform(-0.4F, 0.4F), apple_random.uniform(-0.5F, 0.3F), 1});
    Mesh mesh = shape;
    mesh.transform(tilt_to(stalk) * rotation({0, 0, 1}, apple_random.uniform(0, 6)) *
                       Mat3{{own, 0, 0}, {0, own, 0}, {0, 0, own}},
                   place);
    const int object = static_cast<int>(painting.names.size());
    world.add(mesh, {skin, object, true, false});
    if (2 * radius * scale > 8) {
      world.add(tube_mesh({{place + stalk * (0.7F * own), 0.0022F},
                           {place + stalk * (1.5F * own), 0.0028F}},
                          4),
                {bark, -1, true, false});
    }
    painting.names.emplace_back("apple");
  }

  world.environment = world.make<OrchardBackdrop>(
      world.environment,
      lerp(leaf.dark, leaf.light, 0.4F) * (world.light.from_above + world.light.key * 0.25F),
      close ? job.between(0.02F, 0.12F) : 0, close, offset);
  core::Stream film_random = job.stream("film");
  painting.film = choose_film(job, film_random);
  painting.film.brightness *= close ? 0.8F : 0.95F;
}

}  // namespace ersatz::data::scenes
