#include "runner/detection/found_objects.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <utility>

#include "core/abandoned.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/log.h"
#include "core/signals.h"
#include "generate/copy_paste/dataset_folder.h"
#include "label/dataset/mask_outlines.h"
#include "label/dataset/write_dataset.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::Json;

constexpr const char* kFormat = "ersatz-found-objects/1";
constexpr const char* kFile = "found.jsonl";
constexpr const char* kLock = ".found.lock";

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
  Json json = {{"name", picture.name},
               {"sha256", picture.sha256},
               {"width", picture.width},
               {"height", picture.height},
               {"objects", std::move(objects)}};
  if (!picture.hints.empty()) json["hints"] = picture.hints;
  return json;
}

PictureObjects picture_of(const Json& json, const fs::path& file) {
  PictureObjects picture;
  picture.name = json.at("name").get<std::string>();
  picture.width = json.at("width").get<int>();
  picture.height = json.at("height").get<int>();
  picture.sha256 = json.value("sha256", "");  // earlier versions wrote none
  picture.hints = json.value("hints", "");
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

// The lock, and what a run left that was killed while it wrote its first line.
bool is_no_content(const fs::path& path) {
  const std::string name = path.filename().string();
  return name == kLock || core::is_abandoned(path) ||
         (path.extension() == ".partial" && name.rfind(kFile + std::string("."), 0) == 0);
}

// The lock of `folder`, which is not made one of ours when it holds something else.
fs::path lock_of(const fs::path& folder, bool overwrite) {
  std::error_code ignored;
  if (overwrite || fs::exists(folder / kFile, ignored)) return folder / kLock;
  if (fs::exists(folder, ignored) && !fs::is_directory(folder, ignored)) {
    throw Error::usage(fmt::format("{} is not a folder", folder.string()), "another --out");
  }
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (is_no_content(entry.path())) continue;
    throw Error::usage(fmt::format("{} holds something already: {}", folder.string(),
                                   entry.path().filename().string()),
                       "another folder, or --overwrite");
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw Error::io("list", folder, error.value());
  }
  return folder / kLock;
}

}  // namespace

FoundObjects::FoundObjects(const fs::path& folder, const Json& settings, bool overwrite)
    : file_(folder / kFile), lock_(lock_of(folder, overwrite), folder.string()) {
  const Json first = {{"format", kFormat}, {"settings", settings}};
  settings_line_ = first.dump() + "\n";
  std::error_code ignored;
  if (!fs::exists(file_, ignored)) {
    core::remove_abandoned(file_);
    core::write_file_atomic(file_, settings_line_);
    return;
  }
  generate::remove_abandoned_files(folder);
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
    core::write_file_atomic(file_, settings_line_);
  } else if (whole < text.size()) {
    core::write_file_atomic(file_, text.substr(0, whole));  // without the torn line
  }
}

void FoundObjects::forget_changed(const std::vector<ListedPicture>& pictures,
                                  const std::function<std::string(std::size_t)>& hints) {
  std::set<std::size_t> changed;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const auto place = places_.find(pictures[i].name);
    if (place == places_.end()) continue;
    core::stop_point();
    const PictureObjects& row = pictures_[place->second];
    if (row.sha256 != core::sha256_file(pictures[i].path) || row.hints != hints(i)) {
      changed.insert(place->second);
    }
  }
  if (changed.empty()) return;
  core::log_info(fmt::format("{} pictures are others than those that {} tells of", changed.size(),
                             file_.string()));
  std::vector<PictureObjects> kept;
  std::string text = settings_line_;
  const std::map<std::string, std::size_t> places = std::move(places_);
  places_.clear();
  for (const auto& [name, place] : places) {
    if (changed.count(place) != 0) continue;
    text += picture_json(pictures_[place]).dump() + "\n";
    places_[name] = kept.size();
    kept.push_back(std::move(pictures_[place]));
  }
  pictures_ = std::move(kept);
  core::write_file_atomic(file_, text);
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
