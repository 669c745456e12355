// Fruit on a table, a plate, in a basket: seen from above or from the side.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "data/scenes/fruit/fruit_choices.h"
#include "data/scenes/fruit/fruit_layout.h"
#include "data/scenes/fruit/fruit_model.h"
#include "data/scenes/painting.h"
#include "data/scenes/photographer.h"
#include "data/scenes/props.h"
#include "data/scenes/room.h"
#include "data/scenes/surfaces.h"

namespace ersatz::data::scenes {
namespace {

constexpr std::array<const char*, 6> kNumbers = {"one", "two", "three", "four", "five", "six"};

int number(const std::string& word) {
  return static_cast<int>(std::find(kNumbers.begin(), kNumbers.end(), word) - kNumbers.begin()) + 1;
}

// What the surface is made of and what stands on it; returns the height the fruits lie at.
float set_table(const PaintJob& job, World& world, float radius, float fruit_height,
                core::Stream& random) {
  const std::string& surface = job.attribute("surface");
  std::string table = surface;
  if (surface == "white plate" || surface == "basket" || surface == "cutting board") {
    // On a table that does not look like the plate itself.
    constexpr std::array<const char*, 3> kTables = {"wooden table", "grey table", "blue cloth"};
    table = kTables[random.below(surface == "white plate" ? 3 : 2)];
    if (surface == "cutting board") table = random.below(2) == 0 ? "grey table" : "white table";
  }
  world.ground = make_surface(world, table, random);
  if (surface == "white plate") return add_plate(world, 1.25F * radius + 1.5F, random);
  if (surface == "basket") {
    return add_basket(world, radius + 1.2F, std::min(4.5F, 0.5F * fruit_height), random);
  }
  if (surface == "cutting board") {
    return add_cutting_board(world, 1.3F * radius + 3, radius + 2.5F, random);
  }
  return 0;
}

}  // namespace

void paint_fruit(const PaintJob& job, Painting& painting) {
  World& world = painting.world;
  const std::string& fruit = job.attribute("fruit");
  const int count = number(job.attribute("count"));
  const bool top = job.is("view", "top");

  core::Stream camera_random = job.stream("camera");
  const Framing framing = choose_fruit_framing(job, top, camera_random);

  // A body of 40 segments is round at 512 px.
  const float body_pixels = framing.fill * job.smaller_side() / (count > 1 ? 2.0F : 1.0F);
  const int segments = std::clamp(static_cast<int>(0.34F * body_pixels), 14, 44);
  core::Stream fruit_random = job.stream("fruits");
  std::vector<FruitModel> models;
  for (int i = 0; i < count; ++i) {
    const FruitVariety variety = choose_variety(job, fruit_random);
    models.push_back(make_fruit(world, fruit, variety, segments, fruit_random));
  }

  core::Stream layout_random = job.stream("layout");
  FruitLayout layout;
  layout.gap_high = job.between(0.8F, 3.5F);
  layout.spread = job.between(1.0F, 1.5F);
  layout.towards_eye = {0, -std::cos(framing.elevation), std::sin(framing.elevation)};
  const std::vector<Vec3> places = lay_out(models, layout, layout_random);

  float cluster = 0, tallest = 0;
  for (std::size_t i = 0; i < models.size(); ++i) {
    cluster = std::max(cluster, length(places[i]) + models[i].radius);
    tallest = std::max(tallest, models[i].height);
  }
  core::Stream table_random = job.stream("table");
  const float level = set_table(job, world, cluster, tallest, table_random);

  std::vector<Ball> subject;
  for (std::size_t i = 0; i < models.size(); ++i) {
    const Vec3 place = places[i] + Vec3{0, 0, level};
    const int object = static_cast<int>(i);
    for (FruitPiece& piece : models[i].pieces) {
      piece.mesh.move(place);
      world.add(piece.mesh, {piece.material, object, true, piece.thin});
    }
    for (Occluder ball : models[i].balls) {
      ball.centre += place;
      ball.albedo = models[i].colour;
      ball.object = object;
      world.occluders.push_back(ball);
    }
    for (const Disc& disc : models[i].discs) {
      subject.push_back({disc.centre + place, 1.05F * disc.radius});
    }
    painting.names.push_back(fruit);
  }
  world.camera = frame(subject, framing, job.width, job.height);

  core::Stream clutter_random = job.stream("clutter");
  const float clutter = job.between(0.12F, 0.75F);
  for (int i = 0; i < 3; ++i) {
    const float angle = clutter_random.uniform(0, 2 * kPi);
    const float away = 1.3F * cluster + 6 + clutter_random.uniform(3, 14);
    const Vec3 place{away * std::cos(angle), away * std::sin(angle), 0};
    // Behind or beside the fruit, never in front of it.
    const bool free = top || place.y > 0;
    core::Stream thing_random = job.stream("clutter " + std::to_string(i));
    if (clutter_random.uniform() < clutter && free) add_clutter(world, place, thing_random);
  }

  core::Stream light_random = job.stream("light");
  world.ground_end = cluster * 2 + light_random.uniform(25, 70);
  light_room(world, job.domain, light_random);
  core::Stream film_random = job.stream("film");
  painting.film = choose_film(job, film_random);
}

}  // namespace ersatz::data::scenes
