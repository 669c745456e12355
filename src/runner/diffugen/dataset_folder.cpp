#include "runner/diffugen/dataset_folder.h"

#include <fmt/format.h>

#include <utility>

#include "core/digest.h"
#include "core/error.h"
#include "data/images/jpeg_codec.h"
#include "data/images/png_codec.h"
#include "report/label_drawing.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::Json;
using generate::DiffuGenItem;

constexpr int kFormat = 1;
constexpr int kJpegQuality = 95;
constexpr const char* kLocks = ".locks";

// Union of the objects.
data::GreyImage mask_of(const std::vector<label::ObjectLabel>& labels, int width, int height) {
  data::GreyImage mask{width, height, {}};
  mask.pixels.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height), 0);
  for (const label::ObjectLabel& label : labels) {
    const std::vector<std::uint8_t> inside = data::decode_rle(label.mask);
    for (std::size_t i = 0; i < inside.size(); ++i) {
      if (inside[i] != 0) mask.pixels[i] = 255;
    }
  }
  return mask;
}

std::string visualization(const DatasetPicture& picture, const std::vector<std::string>& classes) {
  const std::vector<report::DrawnObject> objects = report::drawn_objects(picture.labels, classes);
  std::vector<data::RgbImage> panels = {report::draw_objects(picture.picture, objects),
                                        report::draw_masks(picture.picture, objects)};
  if (!picture.maps.empty()) {
    panels.push_back(report::draw_heat(picture.picture, picture.maps.front().map));
  }
  return data::encode_png(report::side_by_side(panels), {}, data::PngEffort::kFast);
}

bool is_whole(const fs::path& folder, const Json& record) {
  if (!record.is_object() || !record.value("file", Json()).is_string() ||
      !record.value("bytes", Json()).is_number_unsigned() ||
      !record.value("sha256", Json()).is_string()) {
    return false;
  }
  std::error_code error;
  const fs::path file = folder / record.at("file").get<std::string>();
  return fs::file_size(file, error) == record.at("bytes").get<std::uintmax_t>() && !error &&
         core::sha256_file(file) == record.at("sha256").get<std::string>();
}

// Every file that a label file lists.
bool are_whole(const fs::path& folder, const Json& files) {
  if (!files.is_object() || files.empty()) return false;
  for (const auto& [kind, record] : files.items()) {
    if (!record.is_array()) {
      if (!is_whole(folder, record)) return false;
      continue;
    }
    for (const Json& one : record) {
      if (!is_whole(folder, one)) return false;
    }
  }
  return true;
}

}  // namespace

DatasetFolder::DatasetFolder(fs::path folder, std::string image_format,
                             std::vector<std::string> classes)
    : folder_(std::move(folder)),
      image_format_(std::move(image_format)),
      classes_(std::move(classes)) {}

fs::path DatasetFolder::file(const char* kind, const DiffuGenItem& item,
                             const std::string& ending) const {
  return folder_ / kind / item.folder / (item.stem + ending);
}

fs::path DatasetFolder::image_file(const DiffuGenItem& item) const {
  return file("images", item, "." + image_format_);
}

fs::path DatasetFolder::label_file(const DiffuGenItem& item) const {
  return file("labels", item, ".json");
}

fs::path DatasetFolder::skipped_file(const DiffuGenItem& item) const {
  return file("skipped", item, ".json");
}

void DatasetFolder::check(const Json& recipe) const {
  const fs::path file = folder_ / "recipe.json";
  std::error_code absent;
  if (fs::exists(file, absent)) {
    const std::vector<std::string> differences =
        core::differing_keys(core::read_json(file), recipe);
    if (differences.empty()) return;
    throw Error::usage(fmt::format("{} was made otherwise (different: {})", folder_.string(),
                                   fmt::join(differences, ", ")),
                       "write to another folder (--out), or continue with the settings in its "
                       "recipe.json");
  }
  for (const auto& entry : fs::directory_iterator(folder_, absent)) {
    const fs::path name = entry.path().filename();
    if (name == kLocks || name.extension() == ".partial") continue;
    throw Error::usage(fmt::format("{} holds {} but no recipe.json: it was not made by `ersatz "
                                   "diffugen run`",
                                   folder_.string(), name.string()),
                       "write to another folder (--out)");
  }
}

void DatasetFolder::claim(const Json& recipe, const std::string& model_file,
                          const Json& model) const {
  core::make_directories(folder_ / kLocks);
  // Shards that start together: one of them writes.
  const core::FileLock lock(folder_ / kLocks / "recipe.lock", "another process");
  check(recipe);
  if (fs::exists(folder_ / "recipe.json")) return;
  core::write_file_atomic(folder_ / model_file, model.dump(4) + "\n");
  core::write_json(folder_ / "recipe.json", recipe);
}

std::unique_ptr<core::FileLock> DatasetFolder::lock(const core::Shard& shard) const {
  return std::make_unique<core::FileLock>(
      folder_ / kLocks / fmt::format("{}-of-{}.lock", shard.index, shard.count),
      "another process that makes the same pictures");
}

void DatasetFolder::remove_abandoned_files() const {
  std::error_code ignored;
  std::vector<fs::path> abandoned;
  for (const auto& entry : fs::recursive_directory_iterator(folder_, ignored)) {
    if (core::is_abandoned(entry.path())) abandoned.push_back(entry.path());
  }
  for (const fs::path& one : abandoned) fs::remove(one, ignored);
}

PictureState DatasetFolder::state(const DiffuGenItem& item,
                                  const label::DiffuGenPromptDetails& details,
                                  const Json& source) const {
  const auto fits = [&](const fs::path& path, bool with_files) {
    std::error_code error;
    if (!fs::exists(path, error)) return false;
    try {
      const label::DiffuGenLabelFile labels = label::read_diffugen_labels(path);
      return label::details_json(labels.details) == label::details_json(details) &&
             labels.record.value("source", Json()) == source &&
             (!with_files || are_whole(folder_, labels.record.value("files", Json())));
    } catch (const Error& damaged) {
      if (damaged.code() != core::ExitCode::kUntrustedData) throw;
      return false;
    }
  };
  if (fits(label_file(item), true)) return PictureState::kFinished;
  return fits(skipped_file(item), false) ? PictureState::kSkipped : PictureState::kMissing;
}

Json DatasetFolder::write_file(const fs::path& file, const std::string& bytes) const {
  core::write_file_atomic(file, bytes);
  return {{"file", file.lexically_relative(folder_).generic_string()},
          {"bytes", bytes.size()},
          {"sha256", core::sha256_hex(bytes)}};
}

void DatasetFolder::write(const DiffuGenItem& item, const DatasetPicture& picture) const {
  const int width = picture.picture.width, height = picture.picture.height;
  label::DiffuGenLabelFile labels;
  labels.details = picture.details;
  for (const label::ObjectLabel& object : picture.labels) {
    labels.labels.push_back(label::diffugen_label(object, width, height, picture.layers));
  }
  labels.record = {{"format", kFormat}, {"index", item.index}, {"object", item.object}};
  if (!picture.source.is_null()) labels.record["source"] = picture.source;
  if (!picture.attention.is_null()) labels.record["attention"] = picture.attention;
  // Old labels must not vouch for new pictures.
  std::error_code ignored;
  fs::remove(label_file(item), ignored);
  if (picture.skip_when_empty && picture.labels.empty()) {
    core::write_file_atomic(skipped_file(item), label::diffugen_label_text(labels));
    return;
  }
  Json files;
  files["images"] = write_file(
      image_file(item), image_format_ == "jpg" ? data::encode_jpeg(picture.picture, kJpegQuality)
                                               : data::encode_png(picture.picture));
  files["images"]["width"] = width;
  files["images"]["height"] = height;
  files["masks"] = write_file(file("masks", item, ".png"),
                              data::encode_png(mask_of(picture.labels, width, height)));
  if (!picture.maps.empty()) files["attentions"] = Json::array();
  for (std::size_t i = 0; i < picture.maps.size(); ++i) {
    const std::string ending = i == 0 ? ".png" : fmt::format(".{}.png", i);
    Json record =
        write_file(file("attentions", item, ending), data::encode_png(picture.maps[i].map));
    record["word"] = picture.maps[i].word;
    files["attentions"].push_back(std::move(record));
  }
  files["visualizations"] =
      write_file(file("visualizations", item, ".png"), visualization(picture, classes_));
  labels.record["files"] = std::move(files);
  core::write_file_atomic(label_file(item), label::diffugen_label_text(labels));
}

}  // namespace ersatz::runner
