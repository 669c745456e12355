#include "runner/labelling/picture_source.h"

#include <algorithm>

#include "core/json.h"
#include "label/diffugen/label_file.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::Json;

constexpr const char* kMapEnding = ".attention.png";

bool is_diffugen(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "images", ignored) &&
         fs::is_directory(folder / "labels", ignored);
}

bool ends_with(const std::string& text, const std::string& ending) {
  return text.size() >= ending.size() &&
         text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
}

// Of a sidecar of `ersatz generate`; empty where there is none.
std::string sidecar_prompt(const fs::path& picture) {
  const fs::path sidecar = fs::path(picture).replace_extension(".json");
  std::error_code ignored;
  if (!fs::is_regular_file(sidecar, ignored)) return "";
  const Json json = core::read_json(sidecar);
  if (!json.is_object() || !json.contains("recipe") || !json.at("recipe").is_object()) return "";
  const Json& recipe = json.at("recipe");
  if (!recipe.contains("prompt") || !recipe.at("prompt").is_string()) return "";
  return recipe.at("prompt").get<std::string>();
}

// <stem>.<word>.attention.png beside a picture.
std::map<std::string, fs::path> maps_beside(const fs::path& picture) {
  std::map<std::string, fs::path> maps;
  const std::string begin = picture.stem().string() + ".";
  const fs::path folder = picture.has_parent_path() ? picture.parent_path() : fs::path(".");
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(begin, 0) != 0 || !ends_with(name, kMapEnding)) continue;
    const std::size_t word = begin.size(), end = name.size() - std::string(kMapEnding).size();
    if (end > word) maps[name.substr(word, end - word)] = entry.path();
  }
  return maps;
}

void add_diffugen(const fs::path& folder, std::vector<LabelledSource>& sources) {
  for (const ListedPicture& picture : list_pictures({(folder / "images").string()})) {
    LabelledSource source{picture, "", {}};
    const fs::path stem = fs::path(picture.name).replace_extension();
    const fs::path labels = folder / "labels" / (stem.string() + ".json");
    const fs::path map = folder / "attentions" / (stem.string() + ".png");
    std::error_code ignored;
    if (fs::exists(labels, ignored)) {
      const label::DiffuGenPromptDetails details = label::read_diffugen_labels(labels).details;
      source.prompt = details.prompt;
      if (fs::exists(map, ignored)) source.maps[details.attributes.object_name] = map;
    }
    sources.push_back(std::move(source));
  }
}

}  // namespace

std::vector<LabelledSource> list_sources(const std::vector<std::string>& paths) {
  if (paths.size() == 1 && is_diffugen(paths.front())) {
    std::vector<LabelledSource> sources;
    add_diffugen(paths.front(), sources);
    return sources;
  }
  std::vector<LabelledSource> sources;
  for (const ListedPicture& picture : list_pictures(paths)) {
    if (ends_with(picture.name, kMapEnding)) continue;
    sources.push_back({picture, sidecar_prompt(picture.path), maps_beside(picture.path)});
  }
  return sources;
}

fs::path picture_folder(const std::vector<std::string>& paths) {
  const fs::path first = paths.front();
  if (paths.size() == 1 && is_diffugen(first)) return first / "images";
  std::error_code ignored;
  return fs::is_directory(first, ignored) ? first : first.parent_path();
}

}  // namespace ersatz::runner
