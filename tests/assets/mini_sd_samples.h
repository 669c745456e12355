// Pictures of the mini-SD in assets/, made by the program as a user makes them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"
#include "data/photos/photo_set.h"

namespace ersatz::test {

std::filesystem::path mini_sd();
bool has_mini_sd();

// A picture and, where they were asked for, its heat maps.
struct Sample {
  data::RgbImage picture;
  std::vector<data::RgbImage> heat_maps;  // one per word, grey
};

struct SampleRequest {
  std::string prompt;
  std::int64_t count = 1;
  std::uint64_t seed = 0;
  double guidance = 7.5;
  std::int64_t steps = 25;
  std::vector<std::string> words = {};   // of which heat maps are wanted
  std::filesystem::path embedding = {};  // of textual inversion; none
  std::filesystem::path model = {};      // fine-tuned from it; mini-SD itself
};

// Throws std::runtime_error with the program's message when it fails.
std::vector<Sample> make_samples(const SampleRequest& request);

// The pictures as photos of one class for a judge that sees `side` px.
data::PhotoSet photos_of(const std::vector<Sample>& samples,
                         const std::vector<std::string>& classes, std::uint8_t label, int side);

}  // namespace ersatz::test
