#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <utility>

#include "core/error.h"
#include "core/file_system.h"
#include "core/json.h"
#include "data/coco/polygon_mask.h"
#include "label/dataset/formats.h"
#include "label/dataset/json_rows.h"
#include "label/dataset/mask_outlines.h"

namespace ersatz::label {
namespace {

namespace fs = std::filesystem;
using core::Json;

data::Rle read_run_lengths(const JsonRow& mask, int height, int width, const fs::path& file) {
  if (mask.value("size") != Json({height, width})) {
    mask.fail(fmt::format("a mask that is not of its picture's size, {} x {}", height, width));
  }
  if (mask.value("counts").is_string()) {
    return data::parse_rle_text(mask.text("counts"), height, width, file);
  }
  data::Rle rle{height, width, {}};
  std::uint64_t sum = 0;
  for (const Json& run : mask.list("counts")) {
    if (!run.is_number_unsigned() || run.get<std::uint64_t>() > UINT32_MAX) {
      mask.fail("run lengths that are no numbers of pixels");
    }
    rle.counts.push_back(run.get<std::uint32_t>());
    sum += rle.counts.back();
  }
  if (sum != static_cast<std::uint64_t>(height) * static_cast<std::uint64_t>(width)) {
    mask.fail(fmt::format("run lengths that do not add up to {} x {}", height, width));
  }
  return rle;
}

// Of an object with nothing but a box: none. Some files leave "segmentation" out then, some write
// an empty list.
std::vector<Outline> read_outlines(const JsonRow& annotation, std::pair<int, int> size,
                                   const fs::path& file) {
  if (!annotation.has("segmentation") || annotation.value("segmentation").empty()) return {};
  const Json& segmentation = annotation.value("segmentation");
  if (segmentation.is_array()) return annotation.outlines(segmentation);
  return mask_outlines(
      read_run_lengths(annotation.object("segmentation"), size.first, size.second, file), file);
}

}  // namespace

LabelledDataset read_coco_dataset(const fs::path& file, const fs::path& images) {
  const Json document = core::read_json(file);
  // Everything but outlines is checked there.
  const data::CocoGroundTruth truth = data::read_coco_ground_truth(file, false);
  LabelledDataset dataset;
  dataset.images = images;
  std::map<std::int64_t, std::int64_t> classes;
  for (const auto& [id, name] : truth.categories) {
    classes[id] = static_cast<std::int64_t>(dataset.classes.size());
    dataset.classes.push_back(name);
  }
  std::map<std::int64_t, std::size_t> places;
  for (const Json& image : document.at("images")) {
    const auto id = image.at("id").get<std::int64_t>();
    if (!image.contains("file_name") || !image.at("file_name").is_string()) {
      throw core::Error::untrusted(file, fmt::format("image {} has no 'file_name'", id));
    }
    places[id] = dataset.pictures.size();
    const auto [height, width] = truth.sizes.at(id);
    LabelledPicture picture{image.at("file_name").get<std::string>(), width, height, {}, {}};
    if (image.contains("details")) picture.details = image.at("details");
    dataset.pictures.push_back(std::move(picture));
  }
  for (std::size_t i = 0; i < truth.objects.size(); ++i) {
    const data::CocoObject& from = truth.objects[i];
    const Json& annotation = document.at("annotations")[i];
    AnnotatedObject object;
    object.class_index = classes.at(from.category_id);
    object.box = from.box;
    object.crowd = from.crowd;
    object.outlines = read_outlines({annotation, file, fmt::format("annotation {}", i)},
                                    truth.sizes.at(from.image_id), file);
    if (annotation.contains("score") && annotation.at("score").is_number()) {
      object.score = annotation.at("score").get<double>();
    }
    if (annotation.contains("origin")) object.origin = annotation.at("origin");
    dataset.pictures[places.at(from.image_id)].objects.push_back(std::move(object));
  }
  check_dataset(dataset, file);
  return dataset;
}

void write_coco_dataset(const LabelledDataset& dataset, const fs::path& file) {
  Json images = Json::array(), categories = Json::array(), annotations = Json::array();
  data::MaskBudget budget(file);
  for (std::size_t i = 0; i < dataset.classes.size(); ++i) {
    categories.push_back({{"id", i + 1}, {"name", dataset.classes[i]}});
  }
  for (std::size_t i = 0; i < dataset.pictures.size(); ++i) {
    const LabelledPicture& picture = dataset.pictures[i];
    Json image = {{"id", i + 1},
                  {"file_name", picture.file},
                  {"width", picture.width},
                  {"height", picture.height}};
    if (!picture.details.is_null()) image["details"] = picture.details;
    images.push_back(std::move(image));
    for (const AnnotatedObject& object : picture.objects) {
      double area = object.box.width * object.box.height;
      if (!object.outlines.empty()) {
        std::vector<data::Rle> parts;
        for (const Outline& outline : object.outlines) {
          parts.push_back(data::polygon_mask(outline, picture.height, picture.width, &budget));
        }
        const data::Rle mask = data::union_of(std::move(parts), budget);
        area = static_cast<double>(data::rle_area(mask));
        budget.release(mask.counts.size());
      }
      Json annotation = {
          {"id", annotations.size() + 1},
          {"image_id", i + 1},
          {"category_id", object.class_index + 1},
          {"bbox", {object.box.x, object.box.y, object.box.width, object.box.height}},
          {"area", area},
          {"iscrowd", object.crowd ? 1 : 0},
          {"segmentation", object.outlines},
          {"score", object.score}};
      if (!object.origin.is_null()) annotation["origin"] = object.origin;
      annotations.push_back(std::move(annotation));
    }
  }
  const Json document = {
      {"images", images}, {"categories", categories}, {"annotations", annotations}};
  core::write_file_atomic(file, document.dump() + "\n");
}

}  // namespace ersatz::label
