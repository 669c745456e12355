// Contact sheets of the pictures a stage made: a row per class.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/photos/image_folder.h"

namespace ersatz::fruit {

// The first six pictures of every class.
void write_samples(const std::filesystem::path& file, const data::ImageFolder& pictures);
void write_samples(const std::filesystem::path& file, const std::filesystem::path& folder,
                   const std::vector<std::string>& classes);

// The same of RGBA pictures, on white.
void write_cut_out_samples(const std::filesystem::path& file, const std::filesystem::path& folder,
                           const std::vector<std::string>& classes);

}  // namespace ersatz::fruit
