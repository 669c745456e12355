#include "data/scenes/outdoor/street.h"

#include <array>

#include "data/scenes/outdoor/plants.h"
#include "data/scenes/render/mesh.h"
#include "data/scenes/render/noise.h"
#include "data/scenes/surfaces.h"

namespace ersatz::data::scenes {
namespace {

class StreetGround final : public Material {
 public:
  StreetGround(const StreetPlan& plan, Rgb markings, Vec3 offset)
      : plan_(plan),
        markings_(markings),
        offset_(offset),
        grass_(plan.place == "rural road" ? srgb(0x8C9A4E) : srgb(0x6E9440),
               plan.place == "rural road" ? srgb(0x55662C) : srgb(0x3F6427), offset) {
    wet_ = plan.weather == "raining" ? 0.7F : 0.0F;
    flooded_ = plan.weather == "flood rain";
    if (flooded_) wet_ = 1;
    snowy_ = plan.weather == "snowing";
    rural_ = plan.place == "rural road";
    city_ = plan.place == "city";
  }

  void look_at(const SurfacePoint& point, SurfaceLook& look) const override {
    const Vec3 p = point.position;
    const float x = p.x - plan_.centre, side = std::abs(x);
    const float soft = 0.02F + 0.7F * point.footprint;
    if (side < plan_.half_road) {
      look_at_road(p, x, point.footprint, look);
    } else if (side < plan_.half_road + plan_.walk) {
      if (rural_) {
        // A strip of gravel that the grass grows over.
        const float gravel = noise2(p.x * 6, p.y * 6) * texture_fade(0.3F, point.footprint);
        SurfaceLook meadow = look;
        grass_.look_at(point, meadow);
        const float edge = plan_.half_road + 0.5F + 0.35F * noise2(p.y * 0.7F, 3);
        look.albedo = lerp(srgb(0x9A8F7C) * (1 + 0.3F * gravel), meadow.albedo,
                           smoothstep(edge - 0.1F, edge + 0.1F, side));
      } else {
        look.albedo = srgb(0xA8A49C) * (1 + 0.08F * fractal2(p.x, p.y, 2));
        const float tile = 1.0F;
        for (const float a : {p.x / tile, p.y / tile}) {
          const float gap = std::abs(a - std::floor(a) - 0.5F);
          look.albedo *= 1 - 0.3F * smoothstep(0.48F - soft, 0.49F, gap) *
                                 texture_fade(1, 3 * point.footprint);
        }
        // The kerb, and its shadow.
        const float kerb = side - plan_.half_road;
        if (kerb < 0.22F) look.albedo = srgb(0xBDBAB2);
        if (kerb < 0.07F + soft) look.albedo *= 0.5F;
      }
      look.roughness = 0.9F;
      look.specular = 0.02F;
    } else if (city_) {
      look.albedo = srgb(0x908C86);
      look.roughness = 0.9F;
    } else {
      grass_.look_at(point, look);
    }
    if (wet_ > 0) make_wet(p, side, look);
  }

 private:
  void look_at_road(Vec3 p, float x, float footprint, SurfaceLook& look) const {
    const float grain = noise2(p.x * 11, p.y * 11) * texture_fade(0.18F, footprint) +
                        0.6F * noise2(p.x * 3.1F, p.y * 3.1F);
    const float wear = fractal2(p.x * 0.25F + offset_.x, p.y * 0.08F, 2);
    look.albedo = srgb(rural_ ? 0x6E6C69 : 0x5C5D5F) * (1 + 0.16F * grain + 0.22F * wear);
    // Tyres polish two tracks per lane.
    const float lane = std::abs(x) - 1.8F;
    look.albedo *= 1 - 0.1F * smoothstep(0.5F, 0.1F, std::abs(std::abs(lane) - 0.75F));
    look.roughness = 0.85F;
    look.specular = 0.02F;
    const float soft = 0.015F + 0.6F * footprint;
    const auto stripe = [&](float at, float half) {
      return smoothstep(half + soft, half - std::min(soft, half), std::abs(x - at)) *
             std::min(1.0F, 1.6F * half / soft);
    };
    const float period = p.y / 6 - std::floor(p.y / 6);
    const float dash = period < 0.5F ? 1.0F : 0.0F;
    float paint = stripe(0, 0.07F) * dash;
    if (city_) {
      paint = std::max(stripe(-0.12F, 0.05F), stripe(0.12F, 0.05F));
      paint = std::max(paint, std::max(stripe(3.5F, 0.06F), stripe(-3.5F, 0.06F)) * dash);
    } else {
      const float rim = plan_.half_road - 0.25F;
      if (rural_) paint = std::max(paint, std::max(stripe(rim, 0.06F), stripe(-rim, 0.06F)));
    }
    paint *= clamp01(0.85F + 0.5F * grain);
    look.albedo = lerp(look.albedo, markings_, 0.85F * paint);
    if (snowy_) {
      // Slush between the tracks: the look of a road on which cars drive while it snows.
      const float track = smoothstep(0.22F, 0.4F, std::abs(std::abs(lane) - 0.75F) + 0.1F * wear);
      const float cover = clamp01(track * (0.75F + 0.4F * wear));
      look.albedo = lerp(look.albedo * 0.75F, Rgb{0.8F, 0.82F, 0.86F}, cover);
      look.specular *= 1 - cover;
    }
  }

  void make_wet(Vec3 p, float side, SurfaceLook& look) const {
    const float puddle = fractal2(p.x * 0.45F + offset_.y, p.y * 0.3F, 3);
    const float level = flooded_ ? -0.75F : 0.12F;
    float water = smoothstep(level, level + 0.2F, puddle);
    if (side > plan_.half_road + (wet_ >= 1 ? 2.5F : 0)) water *= 0.25F;
    look.albedo *= 1 - 0.45F * wet_;
    if (wet_ >= 1) look.albedo = lerp(look.albedo, srgb(0x6B5F4C) * 0.5F, 0.8F * water);
    look.specular = lerp(0.06F, 0.13F, water);
    look.roughness = lerp(0.3F, 0.03F, water);
    const float ripple = lerp(0.02F, 0.05F, water);
    look.normal = bumped(look.normal,
                         Vec3{noise2(p.x * 6, p.y * 6), noise2(p.x * 6 + 40, p.y * 6), 0} * ripple);
  }

  StreetPlan plan_;
  Rgb markings_;
  Vec3 offset_;
  Grass grass_;
  float wet_ = 0;
  bool snowy_ = false, flooded_ = false, rural_ = false, city_ = false;
};

// A facade of windows; evaluated at the position within the building, z from its foot.
class Facade final : public Material {
 public:
  struct Look {
    Rgb wall, frame;
    float floor_height = 3.3F, bay = 2.6F;
    float glass = 0.5F;  // share of a bay that is window
    float lit = 0;       // share of windows with light
    float base = 0;      // height of the ground floor with shop windows
    std::uint32_t salt = 0;
  };
  explicit Facade(const Look& look) : look_(look) {}

  void look_at(const SurfacePoint& point, SurfaceLook& look) const override {
    look.albedo = look_.wall;
    look.roughness = 0.85F;
    look.specular = 0.02F;
    if (std::abs(point.normal.z) > 0.5F) {
      look.albedo = srgb(0x77756F);
      return;
    }
    const Vec3 t = point.texture;
    const float across = std::abs(point.normal.x) > std::abs(point.normal.y) ? t.y : t.x;
    const bool shop = t.z < look_.base;
    const float bay = shop ? 2 * look_.bay : look_.bay;
    const float storey = shop ? look_.base : look_.floor_height;
    const float u = across / bay + 100, v = shop ? t.z / storey : (t.z - look_.base) / storey;
    const float iu = std::floor(u), iv = std::floor(v);
    const float half_u = shop ? 0.42F : 0.5F * look_.glass, half_v = shop ? 0.36F : 0.34F;
    const float fu = point.footprint / bay, fv = point.footprint / storey;
    // Far away the window becomes an even tone.
    const float soft_u = 0.02F + fu, soft_v = 0.02F + fv;
    const float window = smoothstep(half_u + soft_u, half_u - soft_u, std::abs(u - iu - 0.5F)) *
                         smoothstep(half_v + soft_v, half_v - soft_v, std::abs(v - iv - 0.5F));
    const float pick = unit_hash(static_cast<int>(iu), static_cast<int>(iv), look_.salt);
    look.albedo *=
        1 - 0.25F * smoothstep(0.47F, 0.5F, std::abs(v - iv - 0.5F)) * texture_fade(1, 4 * fv);
    look.albedo = lerp(look.albedo, Rgb{0.03F, 0.035F, 0.045F} * (1 + pick), window);
    look.roughness = lerp(look.roughness, 0.06F, window);
    look.specular = lerp(look.specular, 0.12F, window);
    if (pick < look_.lit || (shop && look_.lit > 0.2F)) {
      look.emission =
          Rgb{0.3F, 0.21F, 0.11F} * (window * (0.35F + 0.5F * pick / std::max(0.1F, look_.lit)));
    }
  }

 private:
  Look look_;
};

class Roof final : public Material {
 public:
  explicit Roof(Rgb colour) : colour_(colour) {}
  void look_at(const SurfacePoint& point, SurfaceLook& look) const override {
    const float row = point.texture.z / 0.28F;
    const float tile = 1 - 0.3F * smoothstep(0.3F, 0.5F, std::abs(row - std::floor(row) - 0.5F)) *
                               texture_fade(0.28F, point.footprint);
    look.albedo = colour_ * (tile * (1 + 0.15F * skin_noise(point.texture * 1.3F)));
    look.roughness = 0.8F;
    look.specular = 0.02F;
  }

 private:
  Rgb colour_;
};

Rgb wall_colour(bool muted, core::Stream& random) {
  if (muted) return hsv(0.58F, random.uniform(0.02F, 0.12F), random.uniform(0.45F, 0.85F));
  constexpr std::array<unsigned, 8> kWalls = {0xC9B79C, 0xB8A58E, 0x9C8577, 0xA65F48,
                                              0xD8D2C6, 0x8E9AA6, 0xB9BDBF, 0x7F6A5C};
  return srgb(kWalls[random.below(kWalls.size())]) * random.uniform(0.8F, 1.1F);
}

// The height up to which something at this place leaves the top `share` of the picture free.
float height_below_sky(const Camera& camera, Vec3 place, float share) {
  const Vec3 ray = camera.ray(camera.centre_x, 2 * camera.centre_y * share);
  const float level = std::hypot(ray.x, ray.y);
  const float distance = std::hypot(place.x - camera.eye.x, place.y - camera.eye.y);
  return camera.eye.z + distance * ray.z / std::max(0.05F, level);
}

// Whether something of this reach would be in the way of the picture, or behind the camera.
bool is_in_the_way(Vec3 place, float reach, Vec3 eye, Vec3 subject) {
  const Vec3 to_subject{subject.x - eye.x, subject.y - eye.y, 0};
  const float distance = length(to_subject);
  const Vec3 ahead = to_subject / std::max(0.1F, distance);
  const Vec3 offset{place.x - eye.x, place.y - eye.y, 0};
  const float along = dot(offset, ahead);
  if (along < -reach) return true;
  const float beside = length(offset - ahead * along);
  // Clear of a corridor from behind the camera to just past the subject.
  return along - reach < distance + 3 && beside - reach < 0.75F * std::max(4.0F, along + reach);
}

void add_tower(World& world, const StreetPlan& plan, Vec3 corner, float width, float depth,
               float height, core::Stream& random) {
  Facade::Look look;
  look.wall = wall_colour(plan.muted, random);
  look.floor_height = random.uniform(3, 3.8F);
  look.bay = random.uniform(1.8F, 3.4F);
  look.glass = random.uniform(0.4F, 0.85F);
  look.base = random.below(2) == 0 ? 4.2F : 0;
  look.lit = plan.night ? random.uniform(0.25F, 0.55F) : 0;
  look.salt = random.next_u32();
  Mesh mesh = box_mesh({0, 0, 0}, {width, depth, height});
  mesh.move(corner);
  world.add(mesh, {world.make<Facade>(look), -1, false, false});
}

void add_house(World& world, const StreetPlan& plan, Vec3 centre, core::Stream& random) {
  const float half_w = random.uniform(3.6F, 5), half_d = random.uniform(4, 6);
  const float walls = random.uniform(3, 5.6F), ridge = walls + random.uniform(2, 3.2F);
  Facade::Look look;
  constexpr std::array<unsigned, 6> kWalls = {0xE6DFD0, 0xD8C7A4, 0xBFC8CC,
                                              0xC9A58A, 0xEDEBE6, 0xA9604A};
  look.wall = srgb(kWalls[random.below(kWalls.size())]);
  if (plan.muted) look.wall = wall_colour(true, random);
  look.floor_height = 2.7F;
  look.bay = random.uniform(2.2F, 3);
  look.glass = 0.42F;
  look.lit = plan.night ? 0.5F : 0;
  look.salt = random.next_u32();
  Mesh mesh = box_mesh({-half_w, -half_d, 0}, {half_w, half_d, walls});
  mesh.move(centre);
  world.add(mesh, {world.make<Facade>(look), -1, false, false});
  // A gable roof that overhangs; the ridge runs along or across the road.
  const float ow = half_w + 0.4F, od = half_d + 0.4F;
  Mesh roof = prism_mesh({{-ow, 0}, {ow, 0}, {0, ridge - walls}}, -od, od);
  // The prism stands along z: lay it down.
  for (Vertex& vertex : roof.vertices)
    vertex.texture = {vertex.position.x, vertex.position.z, vertex.position.y};
  const bool turned = random.below(2) == 0;
  Mat3 lay{{1, 0, 0}, {0, 0, 1}, {0, -1, 0}};
  if (turned) {
    const float scale_x = od / ow, scale_z = ow / od;
    lay = rotation({0, 0, 1}, kPi / 2) * Mat3{{scale_x, 0, 0}, {0, 0, 1}, {0, -scale_z, 0}};
  }
  roof.transform(lay, centre + Vec3{0, 0, walls});
  constexpr std::array<unsigned, 4> kRoofs = {0x6B4A3E, 0x8A4A36, 0x4C4E52, 0x5E5048};
  const unsigned tiles = plan.muted ? 0x4C4E52 : kRoofs[random.below(kRoofs.size())];
  world.add(roof, {world.make<Roof>(srgb(tiles)), -1, false, true});
}

void add_lamp_post(World& world, Vec3 place, float towards_road, const Material* metal,
                   bool night) {
  const float reach = 1.6F * towards_road;
  Mesh mesh = tube_mesh({{place, 0.09F},
                         {place + Vec3{0, 0, 5.4F}, 0.06F},
                         {place + Vec3{0.3F * reach, 0, 6.1F}, 0.05F},
                         {place + Vec3{reach, 0, 6.3F}, 0.05F}},
                        6);
  world.add(mesh, {metal, -1, false, false});
  SurfaceLook lamp;
  lamp.albedo = {0.7F, 0.7F, 0.7F};
  if (night) lamp.emission = Rgb{1, 0.75F, 0.42F} * 6;
  Mesh head = box_mesh({-0.3F, -0.12F, -0.08F}, {0.3F, 0.12F, 0.06F});
  head.move(place + Vec3{reach, 0, 6.25F});
  world.add(head, {world.make<PlainMaterial>(lamp), -1, false, false});
  if (night)
    world.lamps.push_back({place + Vec3{reach, 0, 6.1F}, 4.5F, Rgb{0.42F, 0.29F, 0.14F}, {}});
}

}  // namespace

StreetPlan plan_street(const std::string& place, const std::string& weather, bool night,
                       bool traffic_towards_viewer) {
  StreetPlan plan;
  plan.place = place;
  plan.weather = weather;
  plan.night = night;
  plan.centre = traffic_towards_viewer ? 1.8F : -1.8F;
  if (place == "residential area") {
    plan.half_road = 3.9F;
    plan.walk = 1.8F;
  } else if (place == "rural road") {
    plan.half_road = 3.6F;
    plan.walk = 1.4F;
  }
  return plan;
}

Horizon street_horizon(const std::string& place) {
  if (place == "city") return Horizon::kTowers;
  return place == "rural road" ? Horizon::kHills : Horizon::kTrees;
}

void add_street(World& world, const StreetPlan& plan, Vec3 eye, Vec3 subject,
                core::Stream& random) {
  const Vec3 offset = random_offset(random);
  const bool yellow = random.below(3) == 0 && !plan.muted;
  const Rgb markings = srgb(yellow ? 0xE0C050 : 0xE8E6E0);
  world.ground = world.make<StreetGround>(plan, markings, offset);
  world.wet_ground = plan.weather == "raining" || plan.weather == "flood rain";
  world.snow = plan.weather == "snowing" ? 0.85F : 0;

  const Material* metal = world.plain(srgb(0x4A4F55), 0.5F, 0.05F);
  const Grove grove = make_grove(world, random);
  for (const float side : {-1.0F, 1.0F}) {
    const float kerb = plan.centre + side * (plan.half_road + plan.walk);
    float y = -38 + random.uniform(0, 6);
    while (y < 95) {
      core::Stream own(random.next_u64(), "lot");
      if (plan.place == "city") {
        const float width = own.uniform(9, 18), depth = own.uniform(10, 16);
        const float x = side > 0 ? kerb : kerb - depth;
        if (!is_in_the_way({x + 0.5F * depth, y + 0.5F * width, 0}, 0.55F * width, eye, subject)) {
          const Vec3 middle{x + 0.5F * depth, y + 0.5F * width, 0};
          const float sky = height_below_sky(world.camera, middle, 0.1F);
          const float height = std::max(9.0F, std::min(own.uniform(14, 52), sky));
          add_tower(world, plan, {x, y, 0}, depth, width, height, own);
        }
        const Vec3 post{kerb - side * (plan.walk - 0.6F), y, 0};
        if (!is_in_the_way(post, 1, eye, subject)) {
          if (own.below(2) == 0) {
            add_lamp_post(world, post, -side, metal, plan.night);
          } else {
            add_tree(world, post, own.uniform(4.5F, 6.5F), grove, own);
          }
        }
        y += width + (own.below(4) == 0 ? 6.0F : 0.3F);
      } else if (plan.place == "residential area") {
        const Vec3 centre{kerb + side * own.uniform(8, 10), y + 6, 0};
        if (!is_in_the_way(centre, 6, eye, subject)) add_house(world, plan, centre, own);
        const Vec3 garden{kerb + side * own.uniform(1.5F, 4), y + own.uniform(-1, 1), 0};
        if (!is_in_the_way(garden, 2.2F, eye, subject)) {
          add_tree(world, garden, own.uniform(3.5F, 7), grove, own);
        }
        const Vec3 post{kerb - side * (plan.walk - 0.3F), y + 10, 0};
        if (own.below(2) == 0 && !is_in_the_way(post, 1, eye, subject)) {
          add_lamp_post(world, post, -side, metal, plan.night);
        }
        y += own.uniform(14, 18);
      } else {
        const Vec3 tree{kerb + side * own.uniform(2, 22), y + own.uniform(-3, 3), 0};
        if (!is_in_the_way(tree, 3, eye, subject)) {
          add_tree(world, tree, own.uniform(4, 9), grove, own);
        }
        const Vec3 farm{kerb + side * own.uniform(14, 28), y, 0};
        if (own.below(5) == 0 && !is_in_the_way(farm, 7, eye, subject)) {
          add_house(world, plan, farm, own);
        }
        y += own.uniform(9, 20);
      }
    }
  }
}

}  // namespace ersatz::data::scenes
