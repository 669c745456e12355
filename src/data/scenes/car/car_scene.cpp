// One vehicle driving on a road, in every light and weather.
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
float choose_azimuth(const PaintJob& job, core::Stream& random) {
  const float sign = random.below(2) == 0 ? -1.0F : 1.0F;
  if (job.is("view", "side")) return sign * (kPi / 2 + random.uniform(-0.16F, 0.16F));
  return sign * job.between(random.uniform(0.15F, 0.62F), random.uniform(0.05F, 0.8F));
}

}  // namespace

void paint_car(const PaintJob& job, Painting& painting) {
  World& world = painting.world;
  const std::string& time = job.attribute("time");
  const std::string& weather = job.attribute("weather");
  const bool night = time == "night";
  const bool dim = night || weather == "raining" || weather == "flood rain" ||
                   weather == "snowing" || weather == "foggy" || weather == "foggy smoke";

  core::Stream vehicle_random = job.stream("vehicle");
  const VehicleShape shape = choose_shape(job.attribute("vehicle"), vehicle_random);
  VehicleLook look;
  look.paint = paint_colour(job.attribute("colour"), vehicle_random);
  look.lamps_on = dim;
  look.lamp_power = night ? 1.6F : 1;
  look.dirt = job.between(0.05F, 0.5F) * vehicle_random.uniform(0, 1);

  core::Stream camera_random = job.stream("camera");
  const bool side = job.is("view", "side");
  // On the side view the car drives either way; otherwise its front or rear turns to -y.
  const bool front_to_viewer = side ? camera_random.below(2) == 0 : job.is("view", "front");
  Framing framing;
  framing.azimuth = choose_azimuth(job, camera_random);
  framing.elevation =
      job.between(camera_random.uniform(0.07F, 0.2F), camera_random.uniform(0.2F, 0.42F));
  framing.focal = job.between(camera_random.uniform(1.2F, 1.7F), camera_random.uniform(0.9F, 1.3F));
  framing.fill =
      job.between(camera_random.uniform(0.68F, 0.9F), camera_random.uniform(0.4F, 0.75F));
  framing.shift_x = camera_random.uniform(-0.5F, 0.5F);
  framing.shift_y = camera_random.uniform(0.1F, 0.6F);

  const Mat3 heading = rotation({0, 0, 1}, front_to_viewer ? -kPi / 2 : kPi / 2);
  std::vector<Ball> subject;
  for (const float x : {-0.5F, 0.5F}) {
    for (const float y : {-0.5F, 0.5F}) {
      for (const float z : {0.0F, 1.0F}) {
        // The upper corners of a car are empty.
        const float shrink = z > 0 && !shape.is_bus() ? 0.75F : 1;
        const Vec3 corner{shrink * x * shape.length, y * shape.width, z * shape.height};
        subject.push_back({heading * corner, 0.06F});
      }
    }
  }
  world.camera = frame(subject, framing, job.width, job.height);
  for (VehiclePiece& piece : make_vehicle(world, shape, look, vehicle_random)) {
    piece.mesh.transform(heading, {});
    world.add(piece.mesh, {piece.material, 0, true, false});
  }
  painting.names.push_back(job.attribute("vehicle"));
  const int balls = shape.is_bus() ? 5 : 4;
  for (int i = 0; i < balls; ++i) {
    const float at = (static_cast<float>(i) + 0.5F) / static_cast<float>(balls) - 0.5F;
    const float radius = 0.5F * shape.width;
    world.occluders.push_back({heading * Vec3{at * shape.length, 0, 0.35F + 0.6F * radius}, radius,
                               look.paint * 0.3F, 0});
  }

  OutdoorLight outdoor;
  outdoor.time = time;
  outdoor.sky = job.attribute("sky");
  outdoor.weather = weather;
  outdoor.horizon = street_horizon(job.attribute("place"));
  outdoor.distance = length(world.camera.eye);
  outdoor.heading = std::atan2(world.camera.forward.x, world.camera.forward.y);
  core::Stream light_random = job.stream("light");
  light_outdoors(world, outdoor, light_random);
  core::Stream street_random = job.stream("street");
  const StreetPlan plan = plan_street(job.attribute("place"), weather, night, front_to_viewer);
  add_street(world, plan, world.camera.eye, {0, 0, 0.5F * shape.height}, street_random);
  if (night) {
    // A lamp over the road that shows the car, and what its own lamps throw on the road.
    const Vec3 forward = heading * Vec3{1, 0, 0};
    world.lamps.push_back({world.camera.eye + Vec3{0.5F, 0, 3.5F}, 7, Rgb{0.5F, 0.36F, 0.2F}, {}});
    for (const float y : {-0.33F, 0.33F}) {
      const Vec3 lamp = heading * Vec3{0.52F * shape.length, y * shape.width, 0.75F};
      world.lamps.push_back(
          {lamp, 5, Rgb{1.6F, 1.5F, 1.3F}, normalized(forward + Vec3{0, 0, -0.16F})});
      world.lamps.push_back({heading * Vec3{-0.54F * shape.length, y * shape.width, 0.8F},
                             0.9F,
                             Rgb{0.9F, 0.03F, 0.02F},
                             {}});
    }
  }

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
  const Rgb air = night ? Rgb{0.05F, 0.05F, 0.055F} : world.fog.colour * 1.1F;
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

}  // namespace ersatz::data::scenes
