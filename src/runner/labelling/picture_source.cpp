#include "runner/labelling/picture_source.h"

#include "core/affix.h"
#include "core/error.h"
#include "core/json.h"
#include "generate/copy_paste/picture_files.h"
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

// The heat maps that lie beside pictures, <stem>.<word>.attention.png. Each folder is read once.
class MapsBeside {
 public:
  // Word -> file.
  std::map<std::string, fs::path> of(const fs::path& picture) {
    std::map<std::string, fs::path> maps;
    const std::string begin = picture.stem().string() + ".";
    const std::map<std::string, fs::path>& all =
        maps_in(picture.has_parent_path() ? picture.parent_path() : fs::path("."));
    for (auto at = all.lower_bound(begin); at != all.end(); ++at) {
      const std::string& name = at->first;
      if (name.rfind(begin, 0) != 0) break;
      const std::size_t word = begin.size(), end = name.size() - std::string(kMapEnding).size();
      if (end > word) maps[name.substr(word, end - word)] = at->second;
    }
    return maps;
  }

 private:
  // By name.
  const std::map<std::string, fs::path>& maps_in(const fs::path& folder) {
    const auto [known, fresh] = folders_.try_emplace(folder);
    if (!fresh) return known->second;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      if (core::ends_with(name, kMapEnding)) known->second[name] = entry->path();
    }
    if (error) throw core::Error::io("list", folder, error.value());
    return known->second;
  }

  std::map<fs::path, std::map<std::string, fs::path>> folders_;
};

void add_diffugen(const fs::path& folder, const fs::path& out,
                  std::vector<LabelledSource>& sources) {
  generate::require_outside(folder, out);
  for (const ListedPicture& picture : list_pictures({(folder / "images").string()}, out)) {
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

std::vector<LabelledSource> list_sources(const std::vector<std::string>& paths,
                                         const fs::path& out) {
  if (paths.size() == 1 && is_diffugen(paths.front())) {
    std::vector<LabelledSource> sources;
    add_diffugen(paths.front(), out, sources);
    return sources;
  }
  std::vector<LabelledSource> sources;
  MapsBeside maps;
  for (const ListedPicture& picture : list_pictures(paths, out)) {
    if (core::ends_with(picture.name, kMapEnding)) continue;
    sources.push_back({picture, sidecar_prompt(picture.path), maps.of(picture.path)});
  }
  if (sources.empty()) {
    throw core::Error::missing("there are only heat maps in what was given, and no picture");
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
