// The picture of the talk: ten font digits, and what the GAN made of them.
#pragma once

#include <filesystem>

#include "data/labelled_images.h"

namespace ersatz::mnist {

// Writes a PNG with a row "in" (the first image of each label 0..9 of `before`) and a row "out"
// (the same positions of `after`), with the labels above; labels without an image are left out.
void write_digit_rows(const std::filesystem::path& file, const data::LabelledImages& before,
                      const data::LabelledImages& after);

}  // namespace ersatz::mnist
