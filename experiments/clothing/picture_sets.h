// Sets of 28 x 28 pictures as stages keep them, and which of them an arm trains on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/experiment.h"
#include "data/labelled_images.h"

namespace ersatz::clothing {

inline constexpr const char* kOriginal = "pictures/original";
inline constexpr const char* kForegroundPictures = "pictures/foreground";

void write_set(const std::filesystem::path& folder, const data::LabelledImages& images);
data::LabelledImages read_set(const std::filesystem::path& folder);

// The stage with the pictures that an arm learns from and is compared with.
std::string pictures_of(const std::string& arm);

// What an arm is trained on: the training pictures, or its share of them, equal for all replicates.
data::LabelledImages training_set(const core::Config& config, const std::string& arm,
                                  const std::filesystem::path& pictures);

// `count` of the pictures with the set's mixture of classes, drawn by seed; all when there are not
// more. Error::usage when a class would have none.
data::LabelledImages draw_pictures(const data::LabelledImages& set, std::int64_t count,
                                   std::uint64_t seed, const std::vector<std::string>& classes);

}  // namespace ersatz::clothing
