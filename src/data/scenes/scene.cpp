#include "data/scenes/scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/philox.h"
#include "core/suggest.h"
#include "data/scenes/painting.h"
#include "data/scenes/render/film.h"
#include "data/scenes/render/renderer.h"
#include "data/scenes/scene_captions.h"
#include "data/scenes/scene_vocabulary.h"

namespace ersatz::data {
namespace {

struct NamedKind {
  SceneKind kind;
  const char* name;
};

constexpr std::array<NamedKind, 7> kKinds = {{{SceneKind::kFruit, "fruit"},
                                              {SceneKind::kCar, "car"},
                                              {SceneKind::kAppleTree, "apple tree"},
                                              {SceneKind::kGarment, "garment"},
                                              {SceneKind::kGrandPiano, "grand piano"},
                                              {SceneKind::kBackground, "background"},
                                              {SceneKind::kRoad, "road"}}};

PixelBox to_box(const scenes::PixelRange& range) {
  return {range.x0, range.y0, range.x1 - range.x0, range.y1 - range.y0};
}

void paint(const scenes::PaintJob& job, scenes::Painting& painting) {
  switch (job.kind) {
    case SceneKind::kFruit:
      return scenes::paint_fruit(job, painting);
    case SceneKind::kCar:
      return scenes::paint_car(job, painting);
    case SceneKind::kAppleTree:
      return scenes::paint_apple_tree(job, painting);
    case SceneKind::kGarment:
      return scenes::paint_garment(job, painting);
    case SceneKind::kGrandPiano:
      return scenes::paint_grand_piano(job, painting);
    case SceneKind::kBackground:
      return scenes::paint_background(job, painting);
    case SceneKind::kRoad:
      return scenes::paint_road(job, painting);
  }
  throw core::Error::internal("no painter of this kind of scene");
}

// Lists what can be seen, nearest first, and renumbers the labels accordingly.
void list_objects(const scenes::Painting& painting, const scenes::Rendering& rendering,
                  Scene& scene) {
  const std::vector<scenes::ObjectPixels>& all = rendering.objects;
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return all[a].nearness > all[b].nearness; });
  std::vector<std::uint16_t> renumbered(all.size() + 1, 0);
  for (const std::size_t i : order) {
    const scenes::ObjectPixels& pixels = all[i];
    if (pixels.visible_pixels == 0) continue;
    scene.objects.push_back({painting.names[i], to_box(pixels.visible), to_box(pixels.full),
                             pixels.visible_pixels, pixels.full_pixels});
    renumbered[i + 1] = static_cast<std::uint16_t>(scene.objects.size());
  }
  scene.instances = rendering.labels;
  for (std::uint16_t& label : scene.instances) label = renumbered[label];
}

}  // namespace

void require_valid(const SceneRequest& request, std::int64_t index) {
  for (const int side : {request.width, request.height}) {
    if (side < kMinSceneSide || side > kMaxSceneSide) {
      throw core::Error::usage(fmt::format("scene: {}x{} px is not between {} and {} px a side",
                                           request.width, request.height, kMinSceneSide,
                                           kMaxSceneSide));
    }
  }
  if (!(request.domain >= 0 && request.domain <= 1)) {
    throw core::Error::usage(fmt::format("scene: domain {} is not in [0, 1]", request.domain),
                             "0 is the web, 1 the camera");
  }
  if (index < 0) throw core::Error::usage(fmt::format("scene: index {} is negative", index));
}

namespace {

scenes::PaintJob job_of(const SceneRequest& request, std::uint64_t seed, std::int64_t index) {
  require_valid(request, index);
  scenes::PaintJob job;
  job.attributes = choose_attributes(request, seed, index);
  job.width = request.width;
  job.height = request.height;
  job.domain = static_cast<float>(request.domain);
  job.seed = seed;
  job.index = static_cast<std::uint64_t>(index);
  job.kind = request.kind;
  return job;
}

std::string caption_of(const scenes::PaintJob& job) {
  std::vector<std::string> captions = scene_captions(job.kind, job.attributes);
  return std::move(captions[job.stream("caption").below(captions.size())]);
}

}  // namespace

std::string_view scene_kind_name(SceneKind kind) {
  for (const NamedKind& known : kKinds) {
    if (known.kind == kind) return known.name;
  }
  throw core::Error::internal("a scene kind without a name");
}

SceneKind parse_scene_kind(std::string_view name) {
  std::vector<std::string> names;
  for (const NamedKind& known : kKinds) {
    if (known.name == name) return known.kind;
    names.emplace_back(known.name);
  }
  throw core::unknown_name("kind of scene", name, names);
}

const std::vector<SceneKind>& scene_kinds() {
  static const std::vector<SceneKind> kinds = [] {
    std::vector<SceneKind> all;
    for (const NamedKind& known : kKinds) all.push_back(known.kind);
    return all;
  }();
  return kinds;
}

SceneDescription describe_scene(const SceneRequest& request, std::uint64_t seed,
                                std::int64_t index) {
  scenes::PaintJob job = job_of(request, seed, index);
  std::string caption = caption_of(job);
  return {std::move(job.attributes), std::move(caption)};
}

Scene draw_scene(const SceneRequest& request, std::uint64_t seed, std::int64_t index) {
  scenes::PaintJob job = job_of(request, seed, index);
  scenes::Painting painting;
  paint(job, painting);

  Scene scene;
  scenes::Rendering rendering = scenes::render(painting.world, job.width, job.height);
  list_objects(painting, rendering, scene);
  if (painting.overlay) painting.overlay(rendering);
  scene.image =
      scenes::develop(std::move(rendering), painting.film, job.stream("sensor").next_u64());
  scene.caption = caption_of(job);
  scene.attributes = std::move(job.attributes);
  return scene;
}

GreyImage instance_mask(const Scene& scene, std::size_t object) {
  GreyImage mask{scene.image.width, scene.image.height, {}};
  mask.pixels.resize(scene.instances.size());
  for (std::size_t i = 0; i < mask.pixels.size(); ++i) {
    mask.pixels[i] = scene.instances[i] == object + 1 ? 255 : 0;
  }
  return mask;
}

}  // namespace ersatz::data
