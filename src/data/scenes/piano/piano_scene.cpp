// A grand piano on a stage, in a room or, as DiffuGen wants it, on a road.
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "data/scenes/outdoor/sky.h"
#include "data/scenes/outdoor/street.h"
#include "data/scenes/painting.h"
#include "data/scenes/photographer.h"
#include "data/scenes/piano/grand_piano.h"
#include "data/scenes/render/noise.h"
#include "data/scenes/room.h"
#include "data/scenes/surfaces.h"

namespace ersatz::data::scenes {
namespace {

// The curtain behind a stage, with lamps above that lacquer mirrors.
class Curtain final : public Environment {
 public:
  Curtain(Rgb cloth, Vec3 offset) : cloth_(cloth), offset_(offset) {}
  Rgb backdrop(Vec3 direction, float pixel) const override {
    (void)pixel;
    const float x = std::atan2(direction.x, direction.y);
    const float warp = 0.25F * noise2(x * 5 + offset_.x, direction.z * 2);
    const float fold = std::sin(46 * (x + 0.04F * warp) + 2 * warp);
    const float light = smoothstep(-0.5F, 0.35F, direction.z) * smoothstep(1.1F, 0.3F, direction.z);
    return cloth_ * ((0.42F + 0.3F * fold) * (0.35F + light));
  }
  Rgb reflection(Vec3 direction, float roughness) const override {
    const float soft = 0.05F + 0.5F * roughness;
    Rgb light = lerp(srgb(0x5A3A20) * 0.3F, cloth_ * 0.3F, smoothstep(-soft, soft, direction.z));
    // A row of lamps under the ceiling.
    const float row = smoothstep(0.1F + soft, 0.02F, std::abs(direction.z - 0.72F));
    return light + Rgb{1, 0.92F, 0.78F} * (1.5F * row / (1 + 4 * roughness));
  }

 private:
  Rgb cloth_;
  Vec3 offset_;
};

void set_stage(World& world, float domain, core::Stream& random) {
  constexpr unsigned kCurtains[] = {0x9C1F26, 0x7A1A2C, 0x2B3A6B, 0x3A3A40};
  const Rgb cloth = srgb(kCurtains[random.below(4)]);
  world.environment = world.make<Curtain>(cloth, random_offset(random));
  WoodSurface::Look floor;
  floor.light = srgb(0xB07A48);
  floor.dark = srgb(0x6E4526);
  floor.plank = 14;
  floor.roughness = 0.3F;
  floor.angle = random.below(2) == 0 ? 0.0F : kPi / 2;
  floor.offset = random_offset(random);
  world.ground = world.make<WoodSurface>(floor);
  world.light.towards = normalized({random.uniform(-0.7F, 0.7F), -0.6F, 1.1F});
  world.light.key = Rgb{2.2F, 2.0F, 1.7F} * lerp(1, 0.8F, domain);
  world.light.size = 0.06F;
  world.light.from_above = Rgb{0.2F, 0.18F, 0.16F};
  world.light.from_below = Rgb{0.09F, 0.07F, 0.05F};
}

}  // namespace

void paint_grand_piano(const PaintJob& job, Painting& painting) {
  World& world = painting.world;
  const std::string& place = job.attribute("place");
  const std::string& colour = job.attribute("colour");
  const bool road = place == "road";
  const float unit = road ? 1.0F : 100.0F;  // streets are in metres, rooms in centimetres

  core::Stream piano_random = job.stream("piano");
  Rgb lacquer{0.012F, 0.012F, 0.013F};
  if (colour == "white") lacquer = srgb(0xEFEDE8);
  if (colour == "brown") lacquer = srgb(piano_random.below(2) == 0 ? 0x6E3B1E : 0x8A5128);
  std::vector<PianoPiece> pieces =
      make_grand_piano(world, lacquer, colour == "brown", unit, piano_random);

  core::Stream camera_random = job.stream("camera");
  Framing framing;
  // From the side of the curve, into the open lid, or from behind the pianist's right shoulder.
  const float turn =
      job.is("view", "side")
          ? job.between(camera_random.uniform(1.15F, 1.5F), camera_random.uniform(0.9F, 1.7F))
          : job.between(camera_random.uniform(0.2F, 0.55F), camera_random.uniform(0.0F, 0.7F));
  framing.elevation =
      job.between(camera_random.uniform(0.16F, 0.32F), camera_random.uniform(0.25F, 0.5F));
  framing.focal = job.between(camera_random.uniform(1.3F, 1.8F), camera_random.uniform(0.9F, 1.3F));
  framing.fill =
      job.between(camera_random.uniform(0.78F, 0.92F), camera_random.uniform(0.5F, 0.8F));
  framing.shift_x = camera_random.uniform(-0.5F, 0.5F);
  framing.shift_y = camera_random.uniform(0, 0.6F);
  // The camera stays at -y; the piano turns.
  const Mat3 pose = rotation({0, 0, 1}, -turn);
  std::vector<Ball> subject;
  for (PianoPiece& piece : pieces) {
    piece.mesh.transform(pose, pose * Vec3{0, -0.8F * unit, 0});
    for (std::size_t i = 0; i < piece.mesh.vertices.size(); i += 3) {
      subject.push_back({piece.mesh.vertices[i].position, 0.01F * unit});
    }
    world.add(piece.mesh, {piece.material, 0, true, false});
  }
  for (const float at : {-0.45F, 0.1F, 0.6F}) {
    world.occluders.push_back(
        {pose * Vec3{-0.1F * unit, at * unit, 0.62F * unit}, 0.45F * unit, lacquer * 0.4F, 0});
  }
  painting.names.emplace_back("grand piano");
  world.camera = frame(subject, framing, job.width, job.height);

  core::Stream light_random = job.stream("light");
  if (road) {
    OutdoorLight outdoor;
    outdoor.horizon = Horizon::kTowers;
    outdoor.sky = light_random.below(3) == 0 ? "cloudy" : "clear";
    core::Stream street_random = job.stream("street");
    const std::string area = street_random.below(2) == 0 ? "city" : "residential area";
    outdoor.horizon = street_horizon(area);
    light_outdoors(world, outdoor, light_random);
    add_street(world, plan_street(area, "good", false, true), world.camera.eye, {0, 0, 0.8F},
               street_random);
  } else if (place == "stage") {
    set_stage(world, job.domain, light_random);
    world.ground_end = 380;
  } else {
    light_room(world, job.domain, light_random);
    core::Stream floor_random = job.stream("floor");
    world.ground = make_surface(world, floor_random.below(3) == 0 ? "grey table" : "wooden table",
                                floor_random);
    world.ground_end = light_random.uniform(180, 330);
  }
  core::Stream film_random = job.stream("film");
  painting.film = choose_film(job, film_random);
  if (place == "stage") painting.film.brightness *= 0.55F;
}

}  // namespace ersatz::data::scenes
