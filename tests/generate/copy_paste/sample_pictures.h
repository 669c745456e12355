// Small pictures for the tests of copy-paste, made from formulas.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"
#include "generate/copy_paste/cut_out.h"

namespace ersatz::test {

data::RgbImage sample_background(int width, int height, int variant = 0);
// A disc with soft rim in a square.
data::RgbaImage sample_disc(int side, int variant = 0);
// Opaque in the whole rectangle.
data::RgbaImage sample_block(int width, int height, int variant = 0);

void write_bytes(const std::filesystem::path& file, const std::string& bytes);

// masks/<class>/<i>.png (discs of 12 + 3 i px) for `classes`, backgrounds/<i>.jpg and .png.
void write_sample_sets(const std::filesystem::path& folder,
                       const std::vector<std::string>& classes = {"kiwi", "orange"},
                       int cut_outs = 4, int backgrounds = 3);

}  // namespace ersatz::test
