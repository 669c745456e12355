// Places with nothing to find in them: what fruit cut-outs are pasted onto.
#include <string>

#include "data/scenes/outdoor/plants.h"
#include "data/scenes/outdoor/sky.h"
#include "data/scenes/outdoor/street.h"
#include "data/scenes/painting.h"
#include "data/scenes/photographer.h"
#include "data/scenes/props.h"
#include "data/scenes/room.h"
#include "data/scenes/surfaces.h"

namespace ersatz::data::scenes {
namespace {

void paint_table(const PaintJob& job, Painting& painting) {
  World& world = painting.world;
  core::Stream camera_random = job.stream("camera");
  const bool top = job.is("view", "top");
  const float elevation =
      top ? job.between(camera_random.uniform(1.3F, 1.56F), camera_random.uniform(1.0F, 1.4F))
          : job.between(camera_random.uniform(0.3F, 0.5F), camera_random.uniform(0.35F, 0.65F));
  const float distance = camera_random.uniform(45, 90), focal = job.between(1.8F, 1.2F);
  const Vec3 eye = Vec3{0, -std::cos(elevation), std::sin(elevation)} * distance;
  world.camera = Camera::looking(eye, {0, 0, 0}, focal, job.width, job.height);
  core::Stream table_random = job.stream("table");
  world.ground = make_surface(world, job.attribute("place"), table_random);
  core::Stream clutter_random = job.stream("clutter");
  const int things = static_cast<int>(clutter_random.below(job.domain > 0.5F ? 5 : 3));
  const float reach = 0.5F * distance / focal;
  for (int i = 0; i < things; ++i) {
    core::Stream own = job.stream("clutter " + std::to_string(i));
    add_clutter(
        world,
        {reach * clutter_random.uniform(-1, 1), reach * clutter_random.uniform(-0.6F, 1.4F), 0},
        own);
  }
  core::Stream light_random = job.stream("light");
  world.ground_end = light_random.uniform(20, 80);
  light_room(world, job.domain, light_random);
}

void paint_outdoors(const PaintJob& job, Painting& painting) {
  World& world = painting.world;
  core::Stream camera_random = job.stream("camera");
  const float height = camera_random.uniform(1.3F, 3);
  const float aim = camera_random.uniform(-0.5F, 0.5F);
  const Vec3 eye{camera_random.uniform(-2, 2), -9, height};
  const Vec3 target{eye.x + 20 * std::sin(aim), eye.y + 20 * std::cos(aim),
                    height - camera_random.uniform(0, 5)};
  world.camera = Camera::looking(eye, target, job.between(1.4F, 1.0F), job.width, job.height);
  core::Stream light_random = job.stream("light");
  OutdoorLight outdoor;
  // Neither evening skies nor lit windows: these have the colours of fruit.
  outdoor.time = light_random.below(3) == 0 ? "noon" : "day";
  outdoor.sky = light_random.below(2) == 0 ? "cloudy" : "clear";
  outdoor.weather = light_random.below(3) == 0 ? "overcast" : "good";
  if (outdoor.weather == "overcast") outdoor.sky = "cloudy";
  outdoor.heading = aim;
  core::Stream place_random = job.stream("place");
  if (job.is("place", "street")) {
    constexpr const char* kAreas[] = {"city", "rural road", "residential area"};
    const std::string area = kAreas[place_random.below(3)];
    outdoor.horizon = street_horizon(area);
    light_outdoors(world, outdoor, light_random);
    StreetPlan plan = plan_street(area, outdoor.weather, false, place_random.below(2) == 0);
    plan.muted = true;
    add_street(world, plan, eye, {0, 0, 0}, place_random);
    return;
  }
  outdoor.horizon = place_random.below(2) == 0 ? Horizon::kHills : Horizon::kTrees;
  light_outdoors(world, outdoor, light_random);
  const Vec3 offset = random_offset(place_random);
  world.ground = world.make<Grass>(srgb(0x7E9446), srgb(0x3F5A26), offset);
  const Grove grove = make_grove(world, place_random);
  const int trees = 2 + static_cast<int>(place_random.below(6));
  for (int i = 0; i < trees; ++i) {
    const float ahead = place_random.uniform(6, 45),
                beside = place_random.uniform(-0.6F, 0.6F) * ahead;
    const Vec3 at{eye.x + ahead * std::sin(aim) + beside * std::cos(aim),
                  eye.y + ahead * std::cos(aim) - beside * std::sin(aim), 0};
    add_tree(world, at, place_random.uniform(3, 8), grove, place_random);
  }
}

}  // namespace

void paint_background(const PaintJob& job, Painting& painting) {
  if (job.is("place", "street") || job.is("place", "meadow")) {
    paint_outdoors(job, painting);
  } else {
    paint_table(job, painting);
  }
  core::Stream film_random = job.stream("film");
  painting.film = choose_film(job, film_random);
}

}  // namespace ersatz::data::scenes
