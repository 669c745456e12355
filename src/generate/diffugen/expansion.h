// The pictures that a DiffuGen configuration asks for: every combination of its attributes, in the
// published order, with the published seeds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "generate/diffugen/config.h"
#include "generate/diffugen/prompt_template.h"

namespace ersatz::generate {

// Of the random numbers that seeds are drawn from, as in the published code.
inline constexpr std::uint64_t kDiffuGenInitialSeed = 9782091;

struct DiffuGenPicture {
  std::int64_t index = 0;          // in the dataset, from 0
  std::size_t prompt_index = 0;    // of the template
  std::int64_t prompt_number = 1;  // of the template with its attributes filled in, from 1
  DiffuGenAttributes attributes;
  std::string prompt;
  std::int64_t seed = 0;
};

// How many text-to-image pictures there are, image_count not counted; the largest number where it
// does not fit. No combination is made.
std::int64_t count_combinations(const DiffuGenTextToImage& task);

// They, in the order template, view point, object, time, sky, weather, seed; no more than
// `image_count` of the configuration where it is set. Seeds are Python's after
// random.seed(9782091), as the published code draws them. Error::usage for more than a million,
// of pictures or of seeds per prompt.
std::vector<DiffuGenPicture> expand(const DiffuGenTextToImage& task);

// "car_rear_day_clear_good_1_9369923": the published name, <object>_<view>_<time>_<sky>_<weather>_
// <number>_<seed>, in which what no file name can hold is replaced by '-'. The number is that of
// the prompt; with other numbers see task_items.h.
std::string file_stem(const DiffuGenPicture& picture);
std::string file_stem(const DiffuGenAttributes& attributes, std::int64_t number, std::int64_t seed);

}  // namespace ersatz::generate
