// Label Studio's JSON (labelstud.io/guide/task_format, labelstud.io/guide/predictions): one task
// for each picture, coordinates in per cent of its sides.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <pugixml.hpp>
#include <sstream>

#include "core/error.h"
#include "core/file_system.h"
#include "core/log.h"
#include "data/images/image_file.h"
#include "label/dataset/formats.h"
#include "label/dataset/json_rows.h"

namespace ersatz::label {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::Json;

constexpr const char* kTasks = "tasks.json";
constexpr const char* kInterface = "label_config.xml";
constexpr const char* kLocalFiles = "/data/local-files/?d=";
constexpr double kPercent = 100;

// ---- Writing.

std::string url_encoded(const std::string& path) {
  std::string encoded;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || std::string("-_.~/").find(c) != std::string::npos;
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned>(byte));
  }
  return encoded;
}

// A region of the labelling interface. Parts of one object have ids that begin alike.
Json region(const LabelledPicture& picture, const AnnotatedObject& object, std::string id,
            const std::string& kind, Json value, const std::string& name) {
  value[kind] = {name};
  return {{"id", std::move(id)},
          {"type", kind},
          {"from_name", kind == "polygonlabels" ? "outline" : "box"},
          {"to_name", "image"},
          {"original_width", picture.width},
          {"original_height", picture.height},
          {"image_rotation", 0},
          {"value", std::move(value)},
          {"score", object.score},
          {"meta", {{"origin", object.origin}, {"crowd", object.crowd}}}};
}

Json regions_of(const LabelledPicture& picture, const std::vector<std::string>& classes) {
  Json regions = Json::array();
  for (std::size_t i = 0; i < picture.objects.size(); ++i) {
    const AnnotatedObject& object = picture.objects[i];
    const std::string& name = classes[static_cast<std::size_t>(object.class_index)];
    for (std::size_t part = 0; part < object.outlines.size(); ++part) {
      Json points = Json::array();
      const Outline& outline = object.outlines[part];
      for (std::size_t k = 0; k + 1 < outline.size(); k += 2) {
        points.push_back(
            {kPercent * outline[k] / picture.width, kPercent * outline[k + 1] / picture.height});
      }
      regions.push_back(region(picture, object, fmt::format("object{}-{}", i, part),
                               "polygonlabels", {{"points", points}, {"closed", true}}, name));
    }
    if (!object.outlines.empty()) continue;
    const data::CocoBox& box = object.box;
    regions.push_back(region(picture, object, fmt::format("object{}-0", i), "rectanglelabels",
                             {{"x", kPercent * box.x / picture.width},
                              {"y", kPercent * box.y / picture.height},
                              {"width", kPercent * box.width / picture.width},
                              {"height", kPercent * box.height / picture.height},
                              {"rotation", 0}},
                             name));
  }
  return regions;
}

std::string interface_text(const std::vector<std::string>& classes) {
  pugi::xml_document document;
  pugi::xml_node view = document.append_child("View");
  pugi::xml_node image = view.append_child("Image");
  image.append_attribute("name") = "image";
  image.append_attribute("value") = "$image";
  for (const auto& [tag, name] :
       {std::pair("PolygonLabels", "outline"), {"RectangleLabels", "box"}}) {
    pugi::xml_node labels = view.append_child(tag);
    labels.append_attribute("name") = name;
    labels.append_attribute("toName") = "image";
    for (const std::string& one : classes) {
      labels.append_child("Label").append_attribute("value") = one.c_str();
    }
  }
  std::ostringstream text;
  document.save(text, "  ");
  return text.str();
}

// ---- Reading.

std::string url_decoded(const std::string& text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : std::tolower(static_cast<unsigned char>(c)) - 'a' + 10;
  };
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() &&
        std::isxdigit(static_cast<unsigned char>(text[i + 1])) != 0 &&
        std::isxdigit(static_cast<unsigned char>(text[i + 2])) != 0) {
      decoded += static_cast<char>(16 * digit(text[i + 1]) + digit(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

// Of local files their path; of everything else the name that the address ends with.
std::string picture_file(const std::string& address) {
  const std::size_t local = address.find("?d=");
  std::string path = url_decoded(local == std::string::npos ? address : address.substr(local + 3));
  if (path.rfind("images/", 0) == 0) return path.substr(7);
  const bool elsewhere = path.find("://") != std::string::npos || path.rfind('/', 0) == 0;
  return elsewhere ? path.substr(path.rfind('/') + 1) : path;
}

class Classes {
 public:
  // Those of the labelling interface come first, in its order.
  explicit Classes(const fs::path& interface) {
    if (!fs::exists(interface)) return;
    pugi::xml_document document;
    const std::string text = core::read_file(interface, 16U << 20);
    const auto parsed = document.load_buffer(text.data(), text.size(), pugi::parse_default);
    if (!parsed) throw Error::untrusted(interface, parsed.description());
    for (const auto& label : document.select_nodes("//Label")) {
      index_of(label.node().attribute("value").value());
    }
  }
  std::int64_t index_of(const std::string& name) {
    const auto [found, is_new] = places_.emplace(name, static_cast<std::int64_t>(names_.size()));
    if (is_new) names_.push_back(name);
    return found->second;
  }
  std::vector<std::string> names() const { return names_; }

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::int64_t> places_;
};

// The corners of a rectangle that is turned clockwise by so many degrees around its first corner.
Outline turned(const data::CocoBox& box, double degrees) {
  const double c = std::cos(degrees * M_PI / 180), s = std::sin(degrees * M_PI / 180);
  Outline corners;
  for (const auto& [x, y] :
       {std::pair(0.0, 0.0), {box.width, 0.0}, {box.width, box.height}, {0.0, box.height}}) {
    corners.push_back(box.x + c * x - s * y);
    corners.push_back(box.y + s * x + c * y);
  }
  return corners;
}

class TaskReader {
 public:
  TaskReader(const fs::path& file, const fs::path& images, Classes& classes)
      : file_(file), images_(images), classes_(classes) {}

  LabelledPicture read(const Json& json, std::size_t number) {
    const JsonRow task(json, file_, fmt::format("task {}", number));
    const JsonRow data = task.object("data");
    LabelledPicture picture;
    picture.file = picture_file(data.text("image"));
    const Json results = results_of(task);
    find_size(data, results, picture);
    if (data.has("details")) picture.details = data.value("details");
    std::map<std::string, std::size_t> parts;
    for (const Json& result : results)
      read_region({result, file_, task_name(number)}, picture, parts);
    for (AnnotatedObject& object : picture.objects) {
      if (!object.outlines.empty()) object.box = box_around(object.outlines);
    }
    return picture;
  }

  std::int64_t passed_over() const { return passed_over_; }

 private:
  static std::string task_name(std::size_t number) { return fmt::format("task {}", number); }

  // Of the first annotation that was not cancelled, else of the first prediction.
  Json results_of(const JsonRow& task) const {
    for (const char* kind : {"annotations", "predictions"}) {
      if (!task.has(kind)) continue;
      for (const Json& one : task.list(kind)) {
        const JsonRow row(one, file_, kind);
        if (row.has("was_cancelled") && row.value("was_cancelled") == Json(true)) continue;
        return row.list("result");
      }
    }
    return Json::array();
  }

  void find_size(const JsonRow& data, const Json& results, LabelledPicture& picture) const {
    for (const Json& result : results) {
      const JsonRow row(result, file_, "result");
      if (!row.has("original_width")) continue;
      picture.width = picture_side(row, "original_width");
      picture.height = picture_side(row, "original_height");
      return;
    }
    if (data.has("width") && data.has("height")) {
      picture.width = picture_side(data, "width");
      picture.height = picture_side(data, "height");
      return;
    }
    // Before any file is looked at.
    const std::string fault = picture_path_fault(picture.file);
    if (!fault.empty()) data.fail("the picture: " + fault);
    const data::ImageHeader header = data::read_image_header(images_ / picture.file);
    picture.width = header.width;
    picture.height = header.height;
  }

  void read_region(const JsonRow& row, LabelledPicture& picture,
                   std::map<std::string, std::size_t>& parts) {
    const std::string kind = row.text("type");
    if (kind != "polygonlabels" && kind != "rectanglelabels") {
      ++passed_over_;
      return;
    }
    const JsonRow value = row.object("value");
    const Json& names = value.list(kind.c_str());
    if (names.empty() || !names[0].is_string()) row.fail("a region without a label");
    AnnotatedObject object;
    object.class_index = classes_.index_of(names[0].get<std::string>());
    if (row.has("score")) object.score = row.number("score");
    if (row.has("meta") && row.value("meta").is_object()) {
      const JsonRow meta = row.object("meta");
      if (meta.has("origin")) object.origin = meta.value("origin");
      object.crowd = meta.has("crowd") && meta.value("crowd") == Json(true);
    }
    if (kind == "rectanglelabels") {
      object.box = {value.number("x") * picture.width / kPercent,
                    value.number("y") * picture.height / kPercent,
                    value.number("width") * picture.width / kPercent,
                    value.number("height") * picture.height / kPercent};
      const double angle = value.has("rotation") ? value.number("rotation") : 0;
      if (!std::isfinite(angle * M_PI)) value.fail(fmt::format("'rotation' is {}", angle));
      if (angle != 0) object.outlines = {turned(object.box, angle)};
      picture.objects.push_back(std::move(object));
      return;
    }
    Outline outline;
    for (const Json& point : value.list("points")) {
      if (!point.is_array() || point.size() != 2 || !point[0].is_number() ||
          !point[1].is_number()) {
        row.fail("a point that is not [x, y]");
      }
      outline.push_back(point[0].get<double>() * picture.width / kPercent);
      outline.push_back(point[1].get<double>() * picture.height / kPercent);
    }
    if (outline.size() < 6) row.fail("an outline of less than three points");
    // Further parts of an object that we wrote.
    const std::string id = row.has("id") ? row.text("id") : "";
    const std::size_t dash = id.rfind("object", 0) == 0 ? id.find('-') : std::string::npos;
    if (dash != std::string::npos) {
      const auto [place, is_new] = parts.emplace(id.substr(0, dash), picture.objects.size());
      if (!is_new) {
        picture.objects[place->second].outlines.push_back(std::move(outline));
        return;
      }
    }
    object.outlines = {std::move(outline)};
    picture.objects.push_back(std::move(object));
  }

  const fs::path &file_, &images_;
  Classes& classes_;
  std::int64_t passed_over_ = 0;
};

}  // namespace

LabelledDataset read_label_studio_dataset(const fs::path& path, const fs::path& images) {
  const fs::path file = fs::is_directory(path) ? path / kTasks : path;
  const Json tasks = core::read_json(file);
  if (!tasks.is_array()) throw Error::untrusted(file, "no list of tasks");
  Classes classes(file.parent_path() / kInterface);
  TaskReader reader(file, images, classes);
  LabelledDataset dataset;
  dataset.images = images;
  for (const Json& task : tasks) {
    dataset.pictures.push_back(reader.read(task, dataset.pictures.size()));
  }
  dataset.classes = classes.names();
  if (reader.passed_over() > 0) {
    core::log_warning(
        fmt::format("{}: {} regions that are neither polygons nor rectangles are "
                    "left out",
                    file.string(), reader.passed_over()));
  }
  check_dataset(dataset, file);
  return dataset;
}

void write_label_studio_dataset(const LabelledDataset& dataset, const fs::path& folder) {
  Json tasks = Json::array();
  for (const LabelledPicture& picture : dataset.pictures) {
    double best = 0;
    for (const AnnotatedObject& object : picture.objects) best = std::max(best, object.score);
    Json data = {{"image", kLocalFiles + url_encoded("images/" + picture.file)},
                 {"width", picture.width},
                 {"height", picture.height}};
    if (!picture.details.is_null()) data["details"] = picture.details;
    Json prediction = {{"model_version", "ersatz"},
                       {"score", best},
                       {"result", regions_of(picture, dataset.classes)}};
    tasks.push_back({{"data", std::move(data)}, {"predictions", Json::array({prediction})}});
  }
  core::write_file_atomic(folder / kInterface, interface_text(dataset.classes));
  core::write_file_atomic(folder / kTasks, tasks.dump(1) + "\n");
}

}  // namespace ersatz::label
