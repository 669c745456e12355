#include "data/coco/coco_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>

#include "core/error.h"
#include "core/json.h"
#include "data/coco/polygon_mask.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;
using core::Json;

// Larger than pictures that are read: nothing here costs what a whole picture does.
constexpr std::int64_t kMaxSide = 1 << 20;  // px

class Reader {
 public:
  explicit Reader(const fs::path& file)
      : file_(file), document_(core::read_json(file)), budget_(file) {}

  const Json& document() const { return document_; }

  [[noreturn]] void fail(const std::string& message) const {
    throw core::Error::untrusted(file_, message);
  }

  const Json& list(const Json& value, const char* what) const {
    if (!value.is_array()) fail(fmt::format("{} is no list", what));
    return value;
  }

  const Json& member(const Json& object, const char* key, const std::string& where) const {
    if (!object.is_object() || !object.contains(key)) {
      fail(fmt::format("{} has no '{}'", where, key));
    }
    return object.at(key);
  }

  std::int64_t integer(const Json& object, const char* key, const std::string& where) const {
    const Json& value = member(object, key, where);
    if (value.is_number_integer()) return value.get<std::int64_t>();
    // Some tools write 3.0.
    if (value.is_number_float() && std::floor(value.get<double>()) == value.get<double>() &&
        std::abs(value.get<double>()) < 9e15) {
      return static_cast<std::int64_t>(value.get<double>());
    }
    fail(fmt::format("'{}' of {} is no whole number", key, where));
  }

  double number(const Json& value, const std::string& what) const {
    if (!value.is_number() || !std::isfinite(value.get<double>())) {
      fail(fmt::format("{} is no number", what));
    }
    return value.get<double>();
  }

  CocoBox box(const Json& value, const std::string& where) const {
    if (!value.is_array() || value.size() != 4)
      fail(fmt::format("'bbox' of {}: 4 numbers are expected", where));
    const auto side = [&](std::size_t i) { return number(value[i], "'bbox' of " + where); };
    return {side(0), side(1), side(2), side(3)};
  }

  // Polygons, run lengths as numbers, or run lengths as text.
  Rle mask(const Json& value, int height, int width, const std::string& where) {
    if (value.is_array()) return polygons(value, height, width, where);
    return run_lengths(value, height, width, where);
  }

 private:
  Rle run_lengths(const Json& value, int height, int width, const std::string& where) const {
    const Json& size = member(value, "size", "'segmentation' of " + where);
    if (!size.is_array() || size.size() != 2 || size[0] != height || size[1] != width) {
      fail(fmt::format("the mask of {} is not of its picture's size, {} x {}", where, height,
                       width));
    }
    const Json& counts = member(value, "counts", "'segmentation' of " + where);
    if (counts.is_string()) {
      return parse_rle_text(counts.get<std::string>(), height, width, file_);
    }
    Rle rle{height, width, {}};
    std::uint64_t sum = 0;
    for (const Json& run : list(counts, "'counts'")) {
      if (!run.is_number_unsigned() || run.get<std::uint64_t>() > UINT32_MAX) {
        fail(fmt::format("the run lengths of {} are no numbers of pixels", where));
      }
      rle.counts.push_back(run.get<std::uint32_t>());
      sum += rle.counts.back();
    }
    if (sum != static_cast<std::uint64_t>(height) * static_cast<std::uint64_t>(width)) {
      fail(fmt::format("the run lengths of {} do not add up to {} x {}", where, height, width));
    }
    return rle;
  }

  Rle polygons(const Json& value, int height, int width, const std::string& where) {
    std::vector<Rle> parts;
    for (const Json& polygon : value) {
      std::vector<double> corners;
      for (const Json& coordinate : list(polygon, "a polygon")) {
        corners.push_back(number(coordinate, "a corner of " + where));
        if (std::abs(corners.back()) > kMaxPolygonCoordinate)
          fail(fmt::format("a corner of {} is far away", where));
      }
      if (corners.size() < 6 || corners.size() % 2 != 0) {
        fail(fmt::format("a polygon of {} has {} coordinates", where, corners.size()));
      }
      parts.push_back(polygon_mask(corners, height, width, &budget_));
    }
    if (parts.empty()) fail(fmt::format("{} has no polygon", where));
    return union_of(std::move(parts), budget_);
  }

  fs::path file_;
  Json document_;
  MaskBudget budget_;
};

void read_images(const Reader& reader, CocoGroundTruth& truth) {
  const Json& images =
      reader.list(reader.member(reader.document(), "images", "the file"), "'images'");
  for (std::size_t i = 0; i < images.size(); ++i) {
    const std::string where = fmt::format("image {}", i);
    const std::int64_t id = reader.integer(images[i], "id", where);
    const std::int64_t height = reader.integer(images[i], "height", where);
    const std::int64_t width = reader.integer(images[i], "width", where);
    if (height < 1 || width < 1 || height > kMaxSide || width > kMaxSide ||
        height * width > INT32_MAX) {
      reader.fail(fmt::format("{} is {} x {} px; at most {} a side and {} in all are read", where,
                              height, width, kMaxSide, INT32_MAX));
    }
    if (!truth.sizes.emplace(id, std::pair(static_cast<int>(height), static_cast<int>(width)))
             .second) {
      reader.fail(fmt::format("image id {} occurs twice", id));
    }
    const auto name = images[i].find("file_name");
    if (name != images[i].end() && name->is_string()) {
      truth.names.emplace(id, name->get<std::string>());
    }
  }
  for (const auto& [id, size] : truth.sizes) truth.image_ids.push_back(id);
}

void read_categories(const Reader& reader, CocoGroundTruth& truth) {
  const Json& categories =
      reader.list(reader.member(reader.document(), "categories", "the file"), "'categories'");
  for (std::size_t i = 0; i < categories.size(); ++i) {
    const std::string where = fmt::format("category {}", i);
    const std::int64_t id = reader.integer(categories[i], "id", where);
    const Json& name = reader.member(categories[i], "name", where);
    if (!name.is_string()) reader.fail(fmt::format("the name of {} is no text", where));
    if (!truth.categories.emplace(id, name.get<std::string>()).second) {
      reader.fail(fmt::format("category id {} occurs twice", id));
    }
  }
}

}  // namespace

CocoGroundTruth read_coco_ground_truth(const fs::path& file, bool masks) {
  Reader reader(file);
  CocoGroundTruth truth;
  read_images(reader, truth);
  read_categories(reader, truth);
  const Json& annotations =
      reader.list(reader.member(reader.document(), "annotations", "the file"), "'annotations'");
  std::set<std::int64_t> ids;
  for (std::size_t i = 0; i < annotations.size(); ++i) {
    const Json& from = annotations[i];
    const std::string where = fmt::format("annotation {}", i);
    CocoObject object;
    object.id = reader.integer(from, "id", where);
    if (!ids.insert(object.id).second) {
      reader.fail(fmt::format("annotation id {} occurs twice", object.id));
    }
    object.image_id = reader.integer(from, "image_id", where);
    object.category_id = reader.integer(from, "category_id", where);
    const auto size = truth.sizes.find(object.image_id);
    if (size == truth.sizes.end()) {
      reader.fail(fmt::format("{} is of image {}, which is not declared", where, object.image_id));
    }
    if (truth.categories.count(object.category_id) == 0) {
      reader.fail(
          fmt::format("{} is of category {}, which is not declared", where, object.category_id));
    }
    object.box = reader.box(reader.member(from, "bbox", where), where);
    object.area = reader.number(reader.member(from, "area", where), "'area' of " + where);
    object.crowd = from.contains("iscrowd") && reader.integer(from, "iscrowd", where) != 0;
    if (masks) {
      object.mask = reader.mask(reader.member(from, "segmentation", where), size->second.first,
                                size->second.second, where);
    }
    truth.objects.push_back(std::move(object));
  }
  return truth;
}

std::vector<CocoObject> read_coco_detections(const fs::path& file, const CocoGroundTruth& truth,
                                             bool masks) {
  Reader reader(file);
  const Json& results = reader.list(reader.document(), "the file");
  std::vector<CocoObject> detections;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Json& from = results[i];
    const std::string where = fmt::format("detection {}", i);
    CocoObject object;
    object.id = static_cast<std::int64_t>(i) + 1;
    object.image_id = reader.integer(from, "image_id", where);
    object.category_id = reader.integer(from, "category_id", where);
    object.score = reader.number(reader.member(from, "score", where), "'score' of " + where);
    const auto size = truth.sizes.find(object.image_id);
    if (size == truth.sizes.end()) {
      reader.fail(fmt::format("{} is of image {}, which the ground truth does not have", where,
                              object.image_id));
    }
    if (masks) {
      object.mask = reader.mask(reader.member(from, "segmentation", where), size->second.first,
                                size->second.second, where);
      object.area = static_cast<double>(rle_area(*object.mask));
    }
    if (from.contains("bbox") && !from.at("bbox").empty()) {
      object.box = reader.box(from.at("bbox"), where);
      object.area = object.box.width * object.box.height;
    } else if (masks) {
      const PixelBox box = rle_box(*object.mask);
      object.box = {static_cast<double>(box.x), static_cast<double>(box.y),
                    static_cast<double>(box.width), static_cast<double>(box.height)};
    } else {
      reader.fail(fmt::format("{} has no 'bbox'", where));
    }
    detections.push_back(std::move(object));
  }
  return detections;
}

}  // namespace ersatz::data
