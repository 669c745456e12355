#include "label/diffugen/label_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/error.h"

namespace ersatz::label {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::Json;

constexpr double kFarthest = 1e4;  // shares of the picture; what lies beyond is no coordinate

// Looks values up and says what is wrong with them.
class Reader {
 public:
  explicit Reader(const fs::path& file) : file_(file) {}

  [[noreturn]] void fail(const std::string& message) const {
    throw Error::untrusted(file_, message);
  }

  const Json& at(const Json& object, const char* key, Json::value_t type) const {
    if (!object.is_object() || !object.contains(key)) fail(fmt::format("'{}' is missing", key));
    const Json& value = object.at(key);
    if (value.type() != type) {
      fail(fmt::format("'{}' is {}, not {}", key, value.type_name(), Json(type).type_name()));
    }
    return value;
  }
  std::string text(const Json& object, const char* key) const {
    return at(object, key, Json::value_t::string).get<std::string>();
  }
  std::int64_t whole(const Json& object, const char* key) const {
    if (!object.is_object() || !object.contains(key)) fail(fmt::format("'{}' is missing", key));
    const Json& value = object.at(key);
    // Both of these are whole numbers to the parser.
    if (!value.is_number_integer()) fail(fmt::format("'{}' is no whole number", key));
    return value.get<std::int64_t>();
  }
  double number(const Json& value, const char* key) const {
    if (!value.is_number()) fail(fmt::format("'{}' is no number", key));
    const double number = value.get<double>();
    if (!std::isfinite(number) || std::abs(number) > kFarthest) {
      fail(fmt::format("'{}' is {}", key, value.dump()));
    }
    return number;
  }
  double number_at(const Json& object, const char* key) const {
    if (!object.is_object() || !object.contains(key)) fail(fmt::format("'{}' is missing", key));
    return number(object.at(key), key);
  }
  SharePolygon polygon(const Json& list, const char* key) const {
    if (!list.is_array()) fail(fmt::format("'{}' is no list", key));
    SharePolygon polygon;
    for (const Json& point : list) {
      if (!point.is_array() || point.size() != 2) fail(fmt::format("'{}' has no [x, y]", key));
      polygon.emplace_back(number(point[0], key), number(point[1], key));
    }
    return polygon;
  }

 private:
  const fs::path& file_;
};

DiffuGenLabel read_label(const Reader& reader, const Json& json) {
  DiffuGenLabel label;
  label.score = reader.number_at(json, "score");
  label.class_id = reader.whole(json, "class_id");
  const Json& box = reader.at(json, "bounding_box", Json::value_t::object);
  label.x = reader.number_at(box, "x");
  label.y = reader.number_at(box, "y");
  label.width = reader.number_at(box, "width");
  label.height = reader.number_at(box, "height");
  if (label.width < 0 || label.height < 0) reader.fail("a box of negative size");
  label.polygon =
      reader.polygon(reader.at(json, "bounding_polygon", Json::value_t::array), "bounding_polygon");
  if (json.contains("other_polygons")) {
    for (const Json& part : reader.at(json, "other_polygons", Json::value_t::array)) {
      label.others.push_back(reader.polygon(part, "other_polygons"));
    }
  }
  if (json.contains("segmentation")) {
    label.segmentation = reader.at(json, "segmentation", Json::value_t::object);
  }
  if (json.contains("origin")) {
    label.origin = reader.at(json, "origin", Json::value_t::object);
    if (label.origin.contains("word")) reader.text(label.origin, "word");
  }
  return label;
}

Json polygon_json(const SharePolygon& polygon) {
  Json list = Json::array();
  for (const auto& [x, y] : polygon) list.push_back({x, y});
  return list;
}

Json label_json(const DiffuGenLabel& label) {
  Json json = {{"score", label.score},
               {"class_id", label.class_id},
               {"bounding_box",
                {{"x", label.x},
                 {"y", label.y},
                 {"cx", label.x + label.width / 2},
                 {"cy", label.y + label.height / 2},
                 {"width", label.width},
                 {"height", label.height},
                 {"coordinates", {label.x, label.y, label.width, label.height}}}},
               {"bounding_polygon", polygon_json(label.polygon)}};
  if (!label.others.empty()) {
    json["other_polygons"] = Json::array();
    for (const SharePolygon& part : label.others) {
      json["other_polygons"].push_back(polygon_json(part));
    }
  }
  if (!label.segmentation.is_null()) json["segmentation"] = label.segmentation;
  if (!label.origin.is_null()) json["origin"] = label.origin;
  return json;
}

}  // namespace

DiffuGenLabel diffugen_label(const ObjectLabel& object, int width, int height,
                             std::int64_t layers) {
  DiffuGenLabel label;
  label.score = object.score;
  label.class_id = object.class_index;
  const double w = width, h = height;
  label.x = object.box.x / w;
  label.y = object.box.y / h;
  label.width = object.box.width / w;
  label.height = object.box.height / h;
  for (const PolygonPoint& point : object.polygon)
    label.polygon.emplace_back(point.x / w, point.y / h);
  label.segmentation = {{"size", {object.mask.height, object.mask.width}},
                        {"counts", data::rle_text(object.mask)}};
  label.origin = {{"method", object.origin.method}};
  if (!object.origin.word.empty()) label.origin["word"] = object.origin.word;
  if (layers > 0) label.origin["layers"] = layers;
  label.origin["threshold"] = object.origin.threshold;
  label.origin["contour"] = object.origin.contour;
  return label;
}

Json details_json(const DiffuGenPromptDetails& details) {
  return {{"seed", details.seed},
          {"steps", details.steps},
          {"prompt", details.prompt},
          {"prompt_template", details.prompt_template},
          {"view_point", details.attributes.view_point},
          {"object_name", details.attributes.object_name},
          {"time_of_day", details.attributes.time_of_day},
          {"sky_condition", details.attributes.sky_condition},
          {"weather_condition", details.attributes.weather_condition}};
}

std::string diffugen_label_text(const DiffuGenLabelFile& file) {
  Json json = {{"prompt_details", details_json(file.details)}, {"labels", Json::array()}};
  for (const DiffuGenLabel& label : file.labels) json["labels"].push_back(label_json(label));
  for (const auto& [key, value] : file.record.items()) json[key] = value;
  return json.dump(4) + "\n";
}

DiffuGenLabelFile read_diffugen_labels(const fs::path& path) {
  const Json json = core::read_json(path);
  const Reader reader(path);
  const Json& details = reader.at(json, "prompt_details", Json::value_t::object);
  DiffuGenLabelFile file;
  file.details.seed = reader.whole(details, "seed");
  file.details.steps = reader.whole(details, "steps");
  file.details.prompt = reader.text(details, "prompt");
  file.details.prompt_template = reader.text(details, "prompt_template");
  generate::DiffuGenAttributes& attributes = file.details.attributes;
  attributes.view_point = reader.text(details, "view_point");
  attributes.object_name = reader.text(details, "object_name");
  attributes.time_of_day = reader.text(details, "time_of_day");
  attributes.sky_condition = reader.text(details, "sky_condition");
  attributes.weather_condition = reader.text(details, "weather_condition");
  for (const Json& label : reader.at(json, "labels", Json::value_t::array)) {
    file.labels.push_back(read_label(reader, label));
  }
  for (const auto& [key, value] : json.items()) {
    if (key != "prompt_details" && key != "labels") file.record[key] = value;
  }
  return file;
}

std::int64_t largest_label(const DiffuGenLabelFile& file) {
  const auto area = [](const DiffuGenLabel& label) { return label.width * label.height; };
  const auto largest = std::max_element(
      file.labels.begin(), file.labels.end(),
      [&](const DiffuGenLabel& a, const DiffuGenLabel& b) { return area(a) < area(b); });
  return largest == file.labels.end() ? -1 : largest - file.labels.begin();
}

data::GreyImage polygon_picture(const DiffuGenLabel& label, int width, int height) {
  data::GreyImage picture{width, height, {}};
  picture.pixels.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), 0);
  std::vector<cv::Point> corners;
  for (const auto& [x, y] : label.polygon) {
    corners.emplace_back(static_cast<int>(std::lround(x * width)),
                         static_cast<int>(std::lround(y * height)));
  }
  if (corners.empty()) return picture;
  cv::Mat view(height, width, CV_8UC1, picture.pixels.data());
  cv::fillPoly(view, std::vector<std::vector<cv::Point>>{corners}, cv::Scalar(255));
  return picture;
}

}  // namespace ersatz::label
