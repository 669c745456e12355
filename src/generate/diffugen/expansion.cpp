#include "generate/diffugen/expansion.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/error.h"
#include "generate/diffugen/python_random.h"

namespace ersatz::generate {

namespace {

constexpr std::int64_t kMostPictures = 1'000'000;

std::string file_part(const std::string& text) {
  std::string part;
  for (const char c : text) {
    const bool plain = static_cast<unsigned char>(c) >= 0x80 || c == ' ' || c == '-' || c == '.' ||
                       (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    part += plain ? c : '-';
  }
  return part;
}

}  // namespace

std::int64_t count_combinations(const DiffuGenTextToImage& task) {
  std::int64_t count = task.seeds_per_prompt;
  for (const auto* list :
       {&task.templates, &task.views, &task.objects, &task.times, &task.skies, &task.weathers}) {
    const auto size = static_cast<std::int64_t>(list->size());
    if (size > 0 && count > std::numeric_limits<std::int64_t>::max() / size) {
      return std::numeric_limits<std::int64_t>::max();
    }
    count *= size;
  }
  return count;
}

std::vector<DiffuGenPicture> expand(const DiffuGenTextToImage& task) {
  std::int64_t most = count_combinations(task);
  if (task.image_count > 0) most = std::min(most, task.image_count);
  if (most > kMostPictures) {
    throw core::Error::usage(
        fmt::format("the configuration asks for {} pictures; {} is the most", most, kMostPictures),
        "set txt2img.image_count, or shorten its lists");
  }
  // A prompt's seeds are all drawn, however few of them image_count leaves.
  if (task.seeds_per_prompt > kMostPictures) {
    throw core::Error::usage(
        fmt::format("the configuration asks for {} seeds per prompt; {} is the most",
                    task.seeds_per_prompt, kMostPictures),
        "set txt2img.seed_count_per_prompt to no more than txt2img.image_count");
  }
  PythonRandom random(kDiffuGenInitialSeed);
  std::vector<DiffuGenPicture> pictures;
  pictures.reserve(static_cast<std::size_t>(most));
  std::int64_t number = 0;
  const auto add_prompt = [&](std::size_t prompt_index, const DiffuGenAttributes& attributes) {
    const std::string prompt = fill(task.templates[prompt_index], attributes);
    ++number;
    for (const std::int64_t seed :
         random.sample(task.seeds.low, task.seeds.high, task.seeds_per_prompt)) {
      const auto index = static_cast<std::int64_t>(pictures.size());
      if (index == most) return;
      pictures.push_back({index, prompt_index, number, attributes, prompt, seed});
    }
  };
  for (std::size_t prompt_index = 0; prompt_index < task.templates.size(); ++prompt_index) {
    for (const std::string& view : task.views) {
      for (const std::string& object : task.objects) {
        for (const std::string& time : task.times) {
          for (const std::string& sky : task.skies) {
            for (const std::string& weather : task.weathers) {
              if (static_cast<std::int64_t>(pictures.size()) == most) return pictures;
              add_prompt(prompt_index, {view, object, time, sky, weather});
            }
          }
        }
      }
    }
  }
  return pictures;
}

std::string file_stem(const DiffuGenAttributes& a, std::int64_t number, std::int64_t seed) {
  return fmt::format("{}_{}_{}_{}_{}_{}_{}", file_part(a.object_name), file_part(a.view_point),
                     file_part(a.time_of_day), file_part(a.sky_condition),
                     file_part(a.weather_condition), number, seed);
}

std::string file_stem(const DiffuGenPicture& picture) {
  return file_stem(picture.attributes, picture.prompt_number, picture.seed);
}

}  // namespace ersatz::generate
