#include "runner/detection/picture_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/json.h"
#include "data/coco/coco_reader.h"
#include "generate/copy_paste/picture_files.h"
#include "label/dataset/labelled_dataset.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Error;

void sort_by_name(std::vector<ListedPicture>& pictures) {
  std::sort(pictures.begin(), pictures.end(),
            [](const ListedPicture& a, const ListedPicture& b) { return a.name < b.name; });
}

}  // namespace

std::vector<ListedPicture> list_pictures(const std::vector<std::string>& paths,
                                         const fs::path& out) {
  std::vector<ListedPicture> pictures;
  for (const std::string& path : paths) {
    generate::require_outside(path, out);
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
      generate::require_utf8_path(path);
      pictures.push_back({path, fs::path(path).filename().string(), 0});
      continue;
    }
    for (const fs::path& file : generate::picture_files(path, {".png", ".jpg", ".jpeg"}, out)) {
      pictures.push_back({fs::path(path) / file, file.generic_string(), 0});
    }
  }
  if (pictures.empty()) throw Error::missing("there is no PNG or JPEG file in what was given");
  sort_by_name(pictures);
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    if (i > 0 && pictures[i].name == pictures[i - 1].name) {
      throw Error::usage(fmt::format("two pictures are called {}: {} and {}", pictures[i].name,
                                     pictures[i - 1].path.string(), pictures[i].path.string()));
    }
    pictures[i].id = static_cast<std::int64_t>(i) + 1;
  }
  return pictures;
}

std::vector<ListedPicture> list_pictures_of(const fs::path& truth, const fs::path& folder,
                                            const fs::path& out) {
  generate::require_outside(folder, out);
  data::read_coco_ground_truth(truth, false);  // checks it
  const core::Json document = core::read_json(truth);
  std::vector<ListedPicture> pictures;
  for (const core::Json& image : document.at("images")) {
    const auto id = image.at("id").get<std::int64_t>();
    if (!image.contains("file_name") || !image.at("file_name").is_string() ||
        !label::picture_path_fault(image.at("file_name").get<std::string>()).empty()) {
      throw Error::untrusted(truth, fmt::format("image {} has no 'file_name' below a folder", id));
    }
    const fs::path name = image.at("file_name").get<std::string>();
    std::error_code ignored;
    if (!fs::is_regular_file(folder / name, ignored)) {
      throw Error::missing(fmt::format("there is no picture {}, which {} names",
                                       (folder / name).string(), truth.string()));
    }
    pictures.push_back({folder / name, name.generic_string(), id});
  }
  if (pictures.empty()) throw Error::untrusted(truth, "names no pictures");
  sort_by_name(pictures);
  return pictures;
}

std::map<std::int64_t, std::int64_t> category_ids(const std::vector<std::string>& classes,
                                                  const fs::path& truth) {
  std::map<std::int64_t, std::int64_t> ids;
  if (truth.empty()) {
    for (std::size_t k = 0; k < classes.size(); ++k) {
      ids[static_cast<std::int64_t>(k)] = static_cast<std::int64_t>(k) + 1;
    }
    return ids;
  }
  std::map<std::string, std::int64_t> by_name;
  for (const auto& [id, name] : data::read_coco_ground_truth(truth, false).categories) {
    by_name[name] = id;
  }
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const auto found = by_name.find(classes[k]);
    if (found != by_name.end()) ids[static_cast<std::int64_t>(k)] = found->second;
  }
  return ids;
}

}  // namespace ersatz::runner
