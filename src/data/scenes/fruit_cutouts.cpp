#include "data/scenes/fruit_cutouts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "core/error.h"
#include "data/scenes/fruit/fruit_choices.h"
#include "data/scenes/fruit/fruit_model.h"
#include "data/scenes/painting.h"
#include "data/scenes/photographer.h"
#include "data/scenes/render/film.h"
#include "data/scenes/render/renderer.h"
#include "data/scenes/room.h"
#include "data/scenes/scene_vocabulary.h"

namespace ersatz::data {
namespace {

using scenes::Rgb;

// Continues the colours over the rim, so that the blur of the lens mixes in nothing foreign.
void bleed(scenes::Rendering& rendering, int rounds) {
  std::vector<std::uint8_t> known = rendering.coverage;
  for (int round = 0; round < rounds; ++round) {
    const std::vector<std::uint8_t> before = known;
    for (int y = 0; y < rendering.height; ++y) {
      for (int x = 0; x < rendering.width; ++x) {
        const auto at = [&](int px, int py) {
          return static_cast<std::size_t>(py) * static_cast<std::size_t>(rendering.width) +
                 static_cast<std::size_t>(px);
        };
        if (before[at(x, y)] != 0) continue;
        Rgb sum;
        int found = 0;
        for (int ny = std::max(0, y - 1); ny <= std::min(rendering.height - 1, y + 1); ++ny) {
          for (int nx = std::max(0, x - 1); nx <= std::min(rendering.width - 1, x + 1); ++nx) {
            if (before[at(nx, ny)] == 0) continue;
            sum += rendering.light[at(nx, ny)];
            ++found;
          }
        }
        if (found == 0) continue;
        rendering.light[at(x, y)] = sum / static_cast<float>(found);
        known[at(x, y)] = 1;
      }
    }
  }
}

float size_beside_an_orange(const std::string& fruit) {
  if (fruit == "banana") return 1.8F;
  if (fruit == "kiwi") return 0.8F;
  return fruit == "orange" ? 1.0F : 0.92F;
}

scenes::PaintJob make_job(const FruitCutoutRequest& request, std::uint64_t seed,
                          std::int64_t index) {
  SceneRequest scene;
  scene.kind = SceneKind::kFruit;
  scene.fixed = {{"fruit", request.fruit}};
  scene.width = scene.height = request.scene_side;
  scene.domain = request.domain;
  require_valid(scene, index);
  if (!(request.smallest > 0 && request.smallest <= request.largest && request.largest <= 0.5)) {
    throw core::Error::usage(
        fmt::format("fruit cut-outs: sizes from {} to {} of the side are not "
                    "within (0, 0.5]",
                    request.smallest, request.largest));
  }
  scenes::PaintJob job;
  // Other streams than the scenes of the same seed: no cut-out shows a fruit of the test images.
  job.seed = core::stream_seed(seed, "fruit cut-outs " + request.fruit);
  job.index = static_cast<std::uint64_t>(index);
  job.kind = SceneKind::kFruit;
  job.attributes = choose_attributes(scene, job.seed, index);
  job.width = job.height = request.scene_side;
  job.domain = static_cast<float>(request.domain);
  return job;
}

Cutout crop(const RgbImage& image, const scenes::Rendering& rendering, std::string name) {
  scenes::PixelRange range;
  for (int y = 0; y < rendering.height; ++y) {
    for (int x = 0; x < rendering.width; ++x) {
      const auto i = static_cast<std::size_t>(y) * static_cast<std::size_t>(rendering.width) +
                     static_cast<std::size_t>(x);
      if (rendering.coverage[i] != 0) range.include({x, y, x + 1, y + 1});
    }
  }
  Cutout cutout;
  cutout.name = std::move(name);
  const int width = range.x1 - range.x0, height = range.y1 - range.y0;
  cutout.colour.width = cutout.alpha.width = width;
  cutout.colour.height = cutout.alpha.height = height;
  for (int y = range.y0; y < range.y1; ++y) {
    for (int x = range.x0; x < range.x1; ++x) {
      const auto i = static_cast<std::size_t>(y) * static_cast<std::size_t>(rendering.width) +
                     static_cast<std::size_t>(x);
      for (std::size_t c = 0; c < 3; ++c) cutout.colour.pixels.push_back(image.pixels[3 * i + c]);
      const int alpha = rendering.coverage[i] * 255 / scenes::kSamples;
      cutout.alpha.pixels.push_back(static_cast<std::uint8_t>(alpha));
    }
  }
  return cutout;
}

}  // namespace

Cutout draw_fruit_cutout(const FruitCutoutRequest& request, std::uint64_t seed,
                         std::int64_t index) {
  const scenes::PaintJob job = make_job(request, seed, index);
  scenes::World world;
  core::Stream camera_random = job.stream("camera");
  scenes::Framing framing = scenes::choose_fruit_framing(job, job.is("view", "top"), camera_random);
  framing.fill = size_beside_an_orange(request.fruit) *
                 camera_random.uniform(static_cast<float>(request.smallest),
                                       static_cast<float>(request.largest));
  framing.shift_x = framing.shift_y = 0;

  core::Stream fruit_random = job.stream("fruits");
  const scenes::FruitVariety variety = scenes::choose_variety(job, fruit_random);
  const int segments =
      std::clamp(static_cast<int>(0.5F * framing.fill * job.smaller_side()), 16, 44);
  scenes::FruitModel model =
      scenes::make_fruit(world, request.fruit, variety, segments, fruit_random);
  model.turn(fruit_random.uniform(0, 2 * scenes::kPi));
  std::vector<scenes::Ball> subject;
  for (const scenes::FruitPiece& piece : model.pieces) {
    world.add(piece.mesh, {piece.material, 0, true, piece.thin});
    for (const scenes::Vertex& vertex : piece.mesh.vertices) {
      subject.push_back({vertex.position, 0});
    }
  }
  world.camera = scenes::frame(subject, framing, job.width, job.height);
  core::Stream light_random = job.stream("light");
  scenes::light_room(world, job.domain, light_random);
  core::Stream film_random = job.stream("film");
  scenes::Film film = scenes::choose_film(job, film_random);
  film.metering = 0;
  film.vignette = 0;

  scenes::Rendering rendering = scenes::render_cutout(world, job.width, job.height);
  bleed(rendering, 2 + static_cast<int>(2.5F * film.blur));
  const std::vector<std::uint8_t> coverage = rendering.coverage;
  const RgbImage image =
      scenes::develop(std::move(rendering), film, job.stream("sensor").next_u64());
  scenes::Rendering shape;
  shape.width = job.width;
  shape.height = job.height;
  shape.coverage = coverage;
  return crop(image, shape, request.fruit);
}

std::vector<Cutout> draw_fruit_cutouts(int per_class, int scene_side, std::uint64_t seed,
                                       double domain) {
  if (per_class < 0) {
    throw core::Error::usage(fmt::format("fruit cut-outs: {} per class is negative", per_class));
  }
  std::vector<Cutout> cutouts;
  for (const std::string& fruit : attribute_values(SceneKind::kFruit, "fruit")) {
    FruitCutoutRequest request;
    request.fruit = fruit;
    request.scene_side = scene_side;
    request.domain = domain;
    for (int i = 0; i < per_class; ++i) cutouts.push_back(draw_fruit_cutout(request, seed, i));
  }
  return cutouts;
}

}  // namespace ersatz::data
