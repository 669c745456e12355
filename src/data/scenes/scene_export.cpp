#include "data/scenes/scene_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/file_system.h"
#include "core/json.h"
#include "core/staged_folder.h"
#include "data/coco/coco_file.h"
#include "data/coco/rle.h"
#include "data/digits/parallel_blocks.h"
#include "data/images/png_codec.h"
#include "data/scenes/scene_vocabulary.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;
using core::Json;

std::string file_name(SceneKind kind, std::int64_t index) {
  std::string name(scene_kind_name(kind));
  std::replace(name.begin(), name.end(), ' ', '-');
  return fmt::format("{}_{:06}.png", name, index);
}

// What the JSON files say about one picture; its pixels are on the disk already.
struct Record {
  std::vector<CocoAnnotation> annotations;  // without ids
  std::string caption;
  SceneAttributes attributes;
};

Record describe(const Scene& scene, const std::vector<std::string>& classes) {
  Record record;
  record.caption = scene.caption;
  record.attributes = scene.attributes;
  for (std::size_t i = 0; i < scene.objects.size(); ++i) {
    const SceneObject& object = scene.objects[i];
    const GreyImage mask = instance_mask(scene, i);
    CocoAnnotation annotation;
    annotation.category_id =
        std::find(classes.begin(), classes.end(), object.name) - classes.begin() + 1;
    annotation.box = object.box;
    annotation.area = object.visible_pixels;
    annotation.segmentation = rle_text(encode_rle(mask.pixels.data(), mask.height, mask.width));
    annotation.more = {
        {"full_bbox",
         {object.full_box.x, object.full_box.y, object.full_box.width, object.full_box.height}},
        {"full_area", object.full_pixels}};
    record.annotations.push_back(std::move(annotation));
  }
  return record;
}

void write_index(const fs::path& folder, const SceneRequest& request, std::uint64_t seed,
                 std::int64_t first, std::vector<Record> records) {
  CocoInstances instances;
  instances.info = {
      {"description", fmt::format("stand-in scenes: {}", scene_kind_name(request.kind))},
      {"seed", seed},
      {"domain", request.domain}};
  Json captions = {
      {"info", instances.info}, {"images", Json::array()}, {"annotations", Json::array()}};
  Json attributes = Json::object();
  std::int64_t category = 1;
  for (const std::string& name : scene_classes(request)) {
    instances.categories.push_back({category++, name});
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto image_id = static_cast<std::int64_t>(i) + 1;
    const std::string name = file_name(request.kind, first + static_cast<std::int64_t>(i));
    instances.images.push_back({image_id, name, request.width, request.height, {}});
    captions["images"].push_back({{"id", image_id},
                                  {"file_name", name},
                                  {"width", request.width},
                                  {"height", request.height}});
    captions["annotations"].push_back(
        {{"id", image_id}, {"image_id", image_id}, {"caption", records[i].caption}});
    attributes[name] = records[i].attributes;
    for (CocoAnnotation& annotation : records[i].annotations) {
      annotation.id = static_cast<std::int64_t>(instances.annotations.size()) + 1;
      annotation.image_id = image_id;
      instances.annotations.push_back(std::move(annotation));
    }
  }
  write_coco(folder / "annotations.json", instances);
  core::write_json(folder / "captions.json", captions);
  core::write_json(folder / "attributes.json", attributes);
}

}  // namespace

void write_scenes(const fs::path& folder, const SceneRequest& request, std::uint64_t seed,
                  std::int64_t first, std::int64_t count, int threads) {
  if (first < 0 || count < 0) {
    throw core::Error::usage(
        fmt::format("write scenes: first {} and count {} must not be negative", first, count));
  }
  if (fs::exists(folder) && (!fs::is_directory(folder) || !fs::is_empty(folder))) {
    throw core::Error::usage(
        fmt::format("write scenes: '{}' is there and not empty", folder.string()),
        "name a folder that does not exist yet");
  }
  fs::path target = fs::absolute(folder).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  core::StagedFolder staged(target);
  core::make_directories(staged.path() / "images");
  const std::vector<std::string> classes = scene_classes(request);
  std::vector<Record> records(static_cast<std::size_t>(count));
  for_each_block(count, 8, threads, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const Scene scene = draw_scene(request, seed, first + i);
      core::write_file_atomic(staged.path() / "images" / file_name(request.kind, first + i),
                              encode_png(scene.image));
      records[static_cast<std::size_t>(i)] = describe(scene, classes);
    }
  });
  write_index(staged.path(), request, seed, first, std::move(records));
  staged.put_in_place();
}

}  // namespace ersatz::data
