#include "runner/detection/found_objects.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "core/error.h"
#include "core/file_system.h"
#include "label/dataset/mask_outlines.h"
#include "label/dataset/write_dataset.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::Json;

constexpr const char* kFormat = "ersatz-found-objects/1";

Json box_json(const data::CocoBox& box) { return {box.x, box.y, box.width, box.height}; }

Json mask_json(const data::Rle& mask) {
  return {{"size", {mask.height, mask.width}}, {"counts", data::rle_text(mask)}};
}

Json picture_json(const PictureObjects& picture) {
  Json objects = Json::array();
  for (const models::FoundObject& object : picture.objects) {
    Json json = {
        {"class", object.class_index}, {"score", object.score}, {"box", box_json(object.box)}};
    if (object.mask) json["mask"] = data::rle_text(*object.mask);
    objects.push_back(std::move(json));
  }
  return {{"name", picture.name},
          {"width", picture.width},
          {"height", picture.height},
          {"objects", objects}};
}

PictureObjects picture_of(const Json& json, const fs::path& file) {
  PictureObjects picture;
  picture.name = json.at("name").get<std::string>();
  picture.width = json.at("width").get<int>();
  picture.height = json.at("height").get<int>();
  for (const Json& from : json.at("objects")) {
    models::FoundObject object;
    object.class_index = from.at("class").get<std::int64_t>();
    object.score = from.at("score").get<double>();
    const Json& box = from.at("box");
    object.box = {box.at(0).get<double>(), box.at(1).get<double>(), box.at(2).get<double>(),
                  box.at(3).get<double>()};
    if (from.contains("mask")) {
      object.mask = data::parse_rle_text(from.at("mask").get<std::string>(), picture.height,
                                         picture.width, file);
    }
    picture.objects.push_back(std::move(object));
  }
  return picture;
}

}  // namespace

FoundObjects::FoundObjects(const fs::path& folder, const Json& settings, bool overwrite)
    : file_(folder / "found.jsonl") {
  const Json first = {{"format", kFormat}, {"settings", settings}};
  std::error_code ignored;
  if (!fs::exists(file_, ignored)) {
    if (!overwrite && fs::exists(folder, ignored) && !fs::is_empty(folder, ignored)) {
      throw Error::usage(fmt::format("{} holds something already", folder.string()),
                         "another folder, or --overwrite");
    }
    core::write_file_atomic(file_, first.dump() + "\n");
    return;
  }
  const std::string text = core::read_file(file_);
  const std::size_t whole = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  std::size_t begin = 0, number = 0;
  bool anew = whole == 0;
  while (begin < whole) {
    const std::size_t end = text.find('\n', begin);
    const Json line = core::parse_json(std::string_view(text).substr(begin, end - begin), file_);
    begin = end + 1;
    try {
      if (number++ == 0) {
        if (line.at("format") != kFormat) throw Error::untrusted(file_, "is none of ours");
        // A command that failed before its first picture holds nobody up.
        if (overwrite || begin == whole) {
          anew = true;
          break;
        }
        const std::vector<std::string> differing =
            core::differing_keys(line.at("settings"), settings);
        if (!differing.empty()) {
          throw Error::usage(fmt::format("{} was found with another {}", file_.string(),
                                         fmt::join(differing, ", ")),
                             "another --out, or --overwrite");
        }
        continue;
      }
      PictureObjects picture = picture_of(line, file_);
      places_[picture.name] = pictures_.size();
      pictures_.push_back(std::move(picture));
    } catch (const Json::exception&) {
      throw Error::untrusted(file_, fmt::format("line {} is none of ours", number));
    }
  }
  if (anew) {
    core::write_file_atomic(file_, first.dump() + "\n");
  } else if (whole < text.size()) {
    core::write_file_atomic(file_, text.substr(0, whole));  // without the torn line
  }
}

void FoundObjects::add(PictureObjects objects) {
  core::append_line(file_, picture_json(objects).dump());
  places_[objects.name] = pictures_.size();
  pictures_.push_back(std::move(objects));
}

const PictureObjects& FoundObjects::at(const std::string& name) const {
  const auto found = places_.find(name);
  if (found == places_.end()) throw Error::internal("nothing was looked for in " + name);
  return pictures_[found->second];
}

std::int64_t write_coco_results(const fs::path& file, const std::vector<ListedPicture>& pictures,
                                const FoundObjects& found,
                                const std::map<std::int64_t, std::int64_t>& categories) {
  std::string text = "[";
  std::int64_t left_out = 0;
  for (const ListedPicture& picture : pictures) {
    for (const models::FoundObject& object : found.at(picture.name).objects) {
      const auto category = categories.find(object.class_index);
      if (category == categories.end()) {
        ++left_out;
        continue;
      }
      Json result = {{"image_id", picture.id},
                     {"category_id", category->second},
                     {"bbox", box_json(object.box)},
                     {"score", object.score}};
      if (object.mask) result["segmentation"] = mask_json(*object.mask);
      text += (text.size() > 1 ? ",\n" : "\n") + result.dump();
    }
  }
  core::write_file_atomic(file, text + "\n]\n");
  return left_out;
}

void write_found_dataset(const fs::path& folder, const std::string& format, const fs::path& images,
                         const std::vector<ListedPicture>& pictures, const FoundObjects& found,
                         const std::vector<std::string>& classes, const std::string& origin) {
  label::LabelledDataset dataset;
  dataset.images = images;
  dataset.classes = classes;
  for (const ListedPicture& listed : pictures) {
    const PictureObjects& from = found.at(listed.name);
    label::LabelledPicture picture{listed.name, from.width, from.height, {}, {}};
    for (const models::FoundObject& object : from.objects) {
      label::AnnotatedObject annotated;
      annotated.class_index = object.class_index;
      annotated.box = object.box;
      if (object.mask) annotated.outlines = label::mask_outlines(*object.mask, listed.name);
      annotated.score = object.score;
      annotated.origin = {{"method", origin}};
      picture.objects.push_back(std::move(annotated));
    }
    dataset.pictures.push_back(std::move(picture));
  }
  label::check_dataset(dataset, folder);
  label::write_dataset(dataset, format, format == "coco" ? folder / "instances.json" : folder);
}

}  // namespace ersatz::runner
