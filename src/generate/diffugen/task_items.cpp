#include "generate/diffugen/task_items.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/suggest.h"
#include "generate/diffugen/expansion.h"

namespace ersatz::generate {
namespace {

constexpr std::size_t kLongestStem = 200;  // bytes; endings and what partial_path adds follow
constexpr std::size_t kMostItems = 1'000'000;

bool is_part_of(const std::string& part, const std::string& whole) {
  return whole.find(part) != std::string::npos;
}

DiffuGenItem derived(const DiffuGenItem& source, std::size_t place, std::size_t index) {
  if (index >= kMostItems) {
    throw core::Error::usage(
        fmt::format("more than {} pictures from {} sources", kMostItems, place));
  }
  DiffuGenItem item = source;
  item.source = static_cast<std::int64_t>(place);
  item.index = static_cast<std::int64_t>(index);
  return item;
}

void name(DiffuGenItem& item, std::int64_t number) {
  item.stem = file_stem(item.attributes, number, item.seed);
  if (item.stem.size() > kLongestStem) {
    throw core::Error::usage(
        fmt::format("the file name '{}...' would have {} bytes; {} is the most",
                    item.stem.substr(0, 40), item.stem.size(), kLongestStem),
        "shorten the attributes of the configuration");
  }
}

}  // namespace

std::string_view task_name(DiffuGenTask task) {
  constexpr std::array<std::string_view, 3> kNames = {"txt2img", "img2img", "inpaint"};
  return kNames.at(static_cast<std::size_t>(task));
}

DiffuGenTask parse_task(std::string_view name) {
  std::vector<std::string> names;
  for (const DiffuGenTask task :
       {DiffuGenTask::kTextToImage, DiffuGenTask::kImageToImage, DiffuGenTask::kInpainting}) {
    if (task_name(task) == name) return task;
    names.emplace_back(task_name(task));
  }
  throw core::unknown_name("task", name, names);
}

std::vector<DiffuGenItem> text_to_image_items(const DiffuGenConfig& config) {
  const DiffuGenTextToImage& task = config.txt2img.value();
  std::vector<DiffuGenItem> items;
  for (const DiffuGenPicture& picture : expand(task)) {
    DiffuGenItem item;
    item.index = item.source = picture.index;
    const std::int64_t before = (picture.prompt_number - 1) * task.seeds_per_prompt;
    item.folder = fmt::format("{:04d}", 1 + before / config.images_per_shard);
    item.prompt = picture.prompt;
    item.prompt_template = task.templates[picture.prompt_index];
    item.attributes = picture.attributes;
    item.object = picture.attributes.object_name;
    item.seed = picture.seed;
    name(item, picture.prompt_number);
    items.push_back(std::move(item));
  }
  return items;
}

std::vector<DiffuGenItem> image_to_image_items(const DiffuGenImageToImage& task,
                                               const std::vector<DiffuGenItem>& sources) {
  std::vector<DiffuGenItem> items;
  for (std::size_t place = 0; place < sources.size(); ++place) {
    const DiffuGenAttributes& own = sources[place].attributes;
    for (const std::string& time : task.times) {
      if (is_part_of(time, own.time_of_day)) continue;
      for (const std::string& sky : task.skies) {
        if (is_part_of(sky, own.sky_condition)) continue;
        for (const std::string& weather : task.weathers) {
          if (is_part_of(weather, own.weather_condition)) continue;
          DiffuGenItem item = derived(sources[place], place, items.size());
          item.attributes = {own.view_point, own.object_name, time, sky, weather};
          item.prompt = fill(item.prompt_template, item.attributes);
          name(item, item.index + 1);
          items.push_back(std::move(item));
        }
      }
    }
  }
  return items;
}

std::vector<DiffuGenItem> inpainting_items(const DiffuGenInpainting& task,
                                           const std::vector<DiffuGenItem>& sources) {
  std::vector<DiffuGenItem> items;
  for (std::size_t place = 0; place < sources.size(); ++place) {
    const std::string& object = sources[place].object;
    const auto replaced =
        std::find_if(task.replacements.begin(), task.replacements.end(),
                     [&](const auto& replacement) { return replacement.first == object; });
    if (replaced == task.replacements.end()) continue;
    for (const std::string& replacement : replaced->second) {
      DiffuGenItem item = derived(sources[place], place, items.size());
      item.attributes.object_name = replacement;
      item.prompt = fmt::format("a {} view of {}", item.attributes.view_point, replacement);
      name(item, item.index + 1);
      items.push_back(std::move(item));
    }
  }
  return items;
}

std::vector<std::string> label_classes(const DiffuGenConfig& config) {
  std::vector<std::string> classes = config.classes;
  const auto add = [&](const std::string& name) {
    if (std::find(classes.begin(), classes.end(), name) == classes.end()) classes.push_back(name);
  };
  if (config.txt2img) {
    for (const std::string& object : config.txt2img->objects) add(object);
  }
  if (config.inpaint) {
    for (const auto& [object, replacements] : config.inpaint->replacements) add(object);
  }
  return classes;
}

}  // namespace ersatz::generate
