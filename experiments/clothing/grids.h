// Contact sheets of small grey pictures.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/labelled_images.h"

namespace ersatz::clothing {

// A row for each class with its first `columns` pictures; classes without any are left out.
void write_class_grid(const std::filesystem::path& file, const data::LabelledImages& images,
                      const std::vector<std::string>& classes, std::int64_t columns);

// Two rows for each class: generated pictures, and under each the training picture that is nearest
// to it. `nearest[i]` belongs to `made` i.
void write_nearest_grid(const std::filesystem::path& file, const data::LabelledImages& made,
                        const data::LabelledImages& training,
                        const std::vector<std::size_t>& nearest,
                        const std::vector<std::string>& classes, std::int64_t columns);

}  // namespace ersatz::clothing
