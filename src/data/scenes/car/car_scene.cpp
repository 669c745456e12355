// One vehicle driving on a road, or the road without it, in every light and weather.
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "data/scenes/car/vehicle.h"
#include "data/scenes/outdoor/precipitation.h"
#include "data/scenes/outdoor/sky.h"
#include "data/scenes/outdoor/street.h"
#include "data/scenes/painting.h"
#include "data/scenes/photographer.h"
#include "data/scenes/scene_vocabulary.h"

namespace ersatz::data::scenes {
namespace {

Rgb paint_colour(const std::string& name, core::Stream& random) {
  const float vary = random.uniform(-1, 1);
  if (name == "red") return hsv(0.995F + 0.01F * vary, 0.9F, random.uniform(0.6F, 0.85F));
  if (name == "blue") return hsv(0.605F + 0.03F * vary, 0.82F, random.uniform(0.5F, 0.85F));
  if (name == "green") return hsv(0.38F + 0.04F * vary, 0.7F, random.uniform(0.32F, 0.55F));
  if (name == "yellow") return hsv(0.135F + 0.012F * vary, 0.9F, random.uniform(0.85F, 0.98F));
  if (name == "white") return hsv(0.6F, 0.02F, random.uniform(0.88F, 0.96F));
  if (name == "black") return hsv(0.6F, 0.1F, random.uniform(0.08F, 0.16F));
  if (name == "silver") return hsv(0.6F, 0.04F, random.uniform(0.58F, 0.7F));
  throw core::Error::internal("no such paint: " + name);
}

// The directions of the view that show the named face; 0 is straight at the end of the car that
// turns to the viewer.
float choose_azimuth(const PaintJob& job, bool side, core::Stream& random) {
  const float sign = random.below(2) == 0 ? -1.0F : 1.0F;
  if (side) return sign * (kPi / 2 + random.uniform(-0.16F, 0.16F));
  return sign * job.between(random.uniform(0.15F, 0.62F), random.uniform(0.05F, 0.8F));
}

// Where the camera is and what it looks at: a vehicle of this shape in the middle of the road.
struct Traffic {
  VehicleShape shape;
  Mat3 heading;  // of the vehicle; front along x
  bool front_to_viewer = false, night = false;
};

bool is_dim(const PaintJob& job) {
  for (const char* weather : {"raining", "flood rain", "snowing", "foggy", "foggy smoke"}) {
    if (job.is("weather", weather)) return true;
  }
  return job.is("time", "night");
}

Traffic place_camera(const PaintJob& job, bool side, VehicleShape shape, World& world) {
  Traffic traffic;
  traffic.shape = std::move(shape);
  traffic.night = job.is("time", "night");
  core::Stream camera_random = job.stream("camera");
  // On the side view the car drives either way; otherwise its front or rear turns to -y.
  traffic.front_to_viewer =
      side || job.kind == SceneKind::kRoad ? camera_random.below(2) == 0 : job.is("view", "front");
  Framing framing;
  framing.azimuth = choose_azimuth(job, side, camera_random);
  framing.elevation =
      job.between(camera_random.uniform(0.07F, 0.2F), camera_random.uniform(0.2F, 0.42F));
  framing.focal = job.between(camera_random.uniform(1.2F, 1.7F), camera_random.uniform(0.9F, 1.3F));
  framing.fill =
      job.between(camera_random.uniform(0.68F, 0.9F), camera_random.uniform(0.4F, 0.75F));
  framing.shift_x = camera_random.uniform(-0.5F, 0.5F);
  framing.shift_y = camera_random.uniform(0.1F, 0.6F);

  traffic.heading = rotation({0, 0, 1}, traffic.front_to_viewer ? -kPi / 2 : kPi / 2);
  std::vector<Ball> subject;
  for (const float x : {-0.5F, 0.5F}) {
    for (const float y : {-0.5F, 0.5F}) {
      for (const float z : {0.0F, 1.0F}) {
        // The upper corners of a car are empty.
        const float shrink = z > 0 && !traffic.shape.is_bus() ? 0.75F : 1;
        const Vec3 corner{shrink * x * traffic.shape.length, y * traffic.shape.width,
                          z * traffic.shape.height};
        subject.push_back({traffic.heading * corner, 0.06F});
      }
    }
  }
  world.camera = frame(subject, framing, job.width, job.height);
  return traffic;
}

void add_vehicle(const PaintJob& job, const Traffic& traffic, const VehicleLook& look,
                 core::Stream& random, Painting& painting) {
  World& world = painting.world;
  const VehicleShape& shape = traffic.shape;
  for (VehiclePiece& piece : make_vehicle(world, shape, look, random)) {
    piece.mesh.transform(traffic.heading, {});
    world.add(piece.mesh, {piece.material, 0, true, false});
  }
  painting.names.push_back(job.attribute("vehicle"));
  const int balls = shape.is_bus() ? 5 : 4;
  for (int i = 0; i < balls; ++i) {
    const float at = (static_cast<float>(i) + 0.5F) / static_cast<float>(balls) - 0.5F;
    const float radius = 0.5F * shape.width;
    world.occluders.push_back({traffic.heading * Vec3{at * shape.length, 0, 0.35F + 0.6F * radius},
                               radius, look.paint * 0.3F, 0});
  }
}

// What the vehicle's own lamps throw on the road.
void add_lamp_light(const Traffic& traffic, World& world) {
  const Vec3 forward = traffic.heading * Vec3{1, 0, 0};
  for (const float y : {-0.33F, 0.33F}) {
    const Vec3 lamp =
        traffic.heading * Vec3{0.52F * traffic.shape.length, y * traffic.shape.width, 0.75F};
    world.lamps.push_back(
        {lamp, 5, Rgb{1.6F, 1.5F, 1.3F}, normalized(forward + Vec3{0, 0, -0.16F})});
    world.lamps.push_back(
        {traffic.heading * Vec3{-0.54F * traffic.shape.length, y * traffic.shape.width, 0.8F},
         0.9F,
         Rgb{0.9F, 0.03F, 0.02F},
         {}});
  }
}

void add_surroundings(const PaintJob& job, const Traffic& traffic, World& world) {
  OutdoorLight outdoor;
  outdoor.time = job.attribute("time");
  outdoor.sky = job.attribute("sky");
  outdoor.weather = job.attribute("weather");
  outdoor.horizon = street_horizon(job.attribute("place"));
  outdoor.distance = length(world.camera.eye);
  outdoor.heading = std::atan2(world.camera.forward.x, world.camera.forward.y);
  core::Stream light_random = job.stream("light");
  light_outdoors(world, outdoor, light_random);
  core::Stream street_random = job.stream("street");
  const StreetPlan plan =
      plan_street(job.attribute("place"), outdoor.weather, traffic.night, traffic.front_to_viewer);
  add_street(world, plan, world.camera.eye, {0, 0, 0.5F * traffic.shape.height}, street_random);
  if (traffic.night) {
    // A lamp over the road that shows the car, or where it would be.
    world.lamps.push_back({world.camera.eye + Vec3{0.5F, 0, 3.5F}, 7, Rgb{0.5F, 0.36F, 0.2F}, {}});
  }
}

void expose(const PaintJob& job, Painting& painting) {
  const std::string& time = job.attribute("time");
  const std::string& weather = job.attribute("weather");
  const bool night = time == "night";
  core::Stream film_random = job.stream("film");
  painting.film = choose_film(job, film_random);
  painting.film.metering = 0.75F;
  if (night) {
    painting.film.metering = 0.9F;
    painting.film.brightness *= 0.3F;
    painting.film.bloom += 0.25F;
    painting.film.noise *= 1.15F;
  } else if (time == "sunrise" || time == "sunset") {
    painting.film.brightness *= 0.85F;
  } else if (time == "noon") {
    painting.film.brightness *= 1.1F;
  }
  const Rgb air = night ? Rgb{0.05F, 0.05F, 0.055F} : painting.world.fog.colour * 1.1F;
  if (weather == "raining" || weather == "flood rain") {
    const float amount = weather == "raining" ? 1.0F : 1.5F;
    painting.overlay = [air, amount, random = job.stream("rain")](Rendering& rendering) mutable {
      add_rain(rendering, amount, air, random);
    };
  } else if (weather == "snowing") {
    const Rgb flakes = night ? Rgb{0.16F, 0.15F, 0.14F} : Rgb{1, 1, 1} * (0.4F + luminance(air));
    painting.overlay = [flakes, random = job.stream("snow")](Rendering& rendering) mutable {
      add_snowfall(rendering, 1, flakes, random);
    };
  }
}

}  // namespace

void paint_car(const PaintJob& job, Painting& painting) {
  World& world = painting.world;
  core::Stream vehicle_random = job.stream("vehicle");
  VehicleShape shape = choose_shape(job.attribute("vehicle"), vehicle_random);
  VehicleLook look;
  look.paint = paint_colour(job.attribute("colour"), vehicle_random);
  look.lamps_on = is_dim(job);
  look.lamp_power = job.is("time", "night") ? 1.6F : 1;
  look.dirt = job.between(0.05F, 0.5F) * vehicle_random.uniform(0, 1);
  const Traffic traffic = place_camera(job, job.is("view", "side"), std::move(shape), world);
  add_vehicle(job, traffic, look, vehicle_random, painting);
  add_surroundings(job, traffic, world);
  if (traffic.night) add_lamp_light(traffic, world);
  expose(job, painting);
}

// The camera stands as for some vehicle, which is not there.
void paint_road(const PaintJob& job, Painting& painting) {
  core::Stream vehicle_random = job.stream("vehicle");
  const std::vector<std::string> vehicles = attribute_values(SceneKind::kCar, "vehicle");
  VehicleShape shape =
      choose_shape(vehicles[vehicle_random.below(vehicles.size())], vehicle_random);
  const Traffic traffic =
      place_camera(job, job.is("view", "across"), std::move(shape), painting.world);
  add_surroundings(job, traffic, painting.world);
  expose(job, painting);
}

}  // namespace ersatz::data::scenes
