#include "cli/diffugen_fixture.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "cli/cli_fixture.h"
#include "core/digest.h"

namespace ersatz::test {

namespace fs = std::filesystem;

namespace {

const char* const kConfig = R"({
  "dataset_name": "cars",
  "dataset_root": "out",
  "image_format": "png",
  "image_size": {"width": 32, "height": 32},
  "steps": 3,
  "dataset_classes": ["bus", "car", "van"],
  "dataset_to_model_class_map": {"car": "car", "bus": "bus"},
  "label_model": {"type": "YOLOSeg", "weights": "w", "classes": "c"},
  "unsupervised": true,
  "images_per_shard": 3,
  "txt2img": {
    "stable_diffusion_model": "sd",
    "seed_range": {"min": 1, "max": 5},
    "seed_count_per_prompt": 2,
    "object_names": ["car", "bus"],
    "view_points": ["rear"],
    "times_of_day": ["day", "night"],
    "sky_conditions": ["clear"],
    "weather_conditions": ["good"],
    "prompts": ["a {view_point} {object_name}, {sky_condition}, {time_of_day}, {weather_condition}"],
    "negative_prompt": "blurry"
  },
  "img2img": {
    "stable_diffusion_model": "sd",
    "source_dataset": "out/cars/txt2img",
    "times_of_day": ["day"],
    "sky_conditions": ["cloudy"],
    "weather_conditions": ["rain", "goo"]
  },
  "inpaint": {
    "stable_diffusion_model": "sd-inpaint",
    "source_dataset": "out/cars/txt2img",
    "car": ["red mini", "old van"]
  }
}
)";

}  // namespace

DatasetWorkshop::DatasetWorkshop() { write_text(shop_ / "cars.json", kConfig); }

std::string DatasetWorkshop::command(const std::string& arguments,
                                     const std::string& before) const {
  return fmt::format(
      "cd '{}' && ERSATZ_HOME='{}' {} '{}/ersatz' diffugen run cars.json --progress none --model "
      "'{}' {}",
      (shop_ / "").string(), source_root().string(), before, ERSATZ_BIN_DIR, model().string(),
      arguments);
}

CommandResult DatasetWorkshop::run(const std::string& arguments, const std::string& before) const {
  return run_command(command(arguments, before));
}

CommandResult DatasetWorkshop::ersatz(const std::string& arguments) const {
  return run_command(fmt::format("cd '{}' && ERSATZ_HOME='{}' '{}/ersatz' {}",
                                 (shop_ / "").string(), source_root().string(), ERSATZ_BIN_DIR,
                                 arguments));
}

void DatasetWorkshop::edit(const std::string& from, const std::string& to) const {
  std::string text = read_text(shop_ / "cars.json");
  const std::size_t place = text.find(from);
  if (place == std::string::npos) throw std::logic_error("not in cars.json: " + from);
  write_text(shop_ / "cars.json", text.replace(place, from.size(), to));
}

std::vector<std::string> DatasetWorkshop::files(const std::string& folder,
                                                const std::string& ending) const {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(shop_ / folder, ignored)) {
    const std::string name = entry.path().lexically_relative(shop_ / folder).generic_string();
    if (entry.is_regular_file() && name.size() >= ending.size() &&
        name.compare(name.size() - ending.size(), ending.size(), ending) == 0) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::map<std::string, std::string> DatasetWorkshop::content(const std::string& folder) const {
  std::map<std::string, std::string> digests;
  for (const std::string& name : files(folder, "")) {
    if (name.find(".locks/") != std::string::npos) continue;
    digests[name] = core::sha256_file(shop_ / folder / name);
  }
  return digests;
}

core::Json DatasetWorkshop::json(const std::string& file) const {
  return core::read_json(shop_ / file);
}

}  // namespace ersatz::test
