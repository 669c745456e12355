#include "data/coco/coco_file.h"

#include <fmt/format.h>

#include <unordered_map>

#include "core/atomic_file.h"
#include "core/error.h"

namespace ersatz::data {
namespace {

using core::Json;

void add_more(Json& object, const Json& more) {
  if (!more.is_null()) object.update(more);
}

Json to_json(const CocoImage& image) {
  Json json = {{"id", image.id},
               {"file_name", image.file_name},
               {"width", image.width},
               {"height", image.height}};
  add_more(json, image.more);
  return json;
}

Json to_json(const CocoAnnotation& annotation, const CocoImage& image) {
  const PixelBox& box = annotation.box;
  Json json = {{"id", annotation.id},
               {"image_id", annotation.image_id},
               {"category_id", annotation.category_id},
               {"bbox", {box.x, box.y, box.width, box.height}},
               {"area", annotation.area},
               {"iscrowd", 0},
               {"segmentation",
                {{"size", {image.height, image.width}}, {"counts", annotation.segmentation}}}};
  add_more(json, annotation.more);
  return json;
}

// "name": [\n<items, one per line>\n]
template <typename Items, typename Convert>
void write_list(core::AtomicFile& file, const char* name, const Items& items, Convert convert) {
  file.write(fmt::format(",\n\"{}\": [", name));
  const char* separator = "\n";
  for (const auto& item : items) {
    file.write(separator + convert(item).dump());
    separator = ",\n";
  }
  file.write("\n]");
}

}  // namespace

void write_coco(const std::filesystem::path& path, const CocoInstances& instances) {
  std::unordered_map<std::int64_t, const CocoImage*> images;
  for (const CocoImage& image : instances.images) images.emplace(image.id, &image);
  core::AtomicFile file(path);
  file.write("{\"info\": " + instances.info.dump());
  write_list(file, "categories", instances.categories, [](const CocoCategory& category) {
    return Json{{"id", category.id}, {"name", category.name}};
  });
  write_list(file, "images", instances.images,
             [](const CocoImage& image) { return to_json(image); });
  write_list(file, "annotations", instances.annotations, [&](const CocoAnnotation& annotation) {
    const auto image = images.find(annotation.image_id);
    if (image == images.end()) {
      throw core::Error::internal(fmt::format("annotation {} is of image {}, which is not there",
                                              annotation.id, annotation.image_id));
    }
    return to_json(annotation, *image->second);
  });
  file.write("}\n");
  file.commit();
}

}  // namespace ersatz::data
