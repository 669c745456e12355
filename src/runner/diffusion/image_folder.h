// The folder that images are written to: <index>_<seed>.png with the recipe inside, and a .json
// beside each that says how and with what it was made.
//
// Both are written atomically, the sidecar last: an image counts as finished when its sidecar is
// there and fits, so a run that was killed continues with what is missing.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "data/images/rgb_image.h"

namespace ersatz::runner {

struct WantedImage {
  std::int64_t index = 0;
  std::string stem;
  core::Json recipe;
};

// The places in `wanted` of what is still to be made. Images that were made with another recipe or
// seed, or that somebody else put there, are a mistake (Error::usage naming the image and the keys
// that differ) unless `overwrite`, which makes them again.
std::vector<std::size_t> unfinished_images(const std::filesystem::path& folder,
                                           const std::vector<WantedImage>& wanted, bool overwrite);

// Removes half-written files of processes that are gone.
void remove_abandoned_files(const std::filesystem::path& folder);

// Writes the PNG (texts "parameters" and "ersatz") and its sidecar: {"format", "recipe", "image"}
// and then what is in `record`. Returns the path of the PNG.
std::filesystem::path write_finished_image(const std::filesystem::path& folder,
                                           const WantedImage& image, const data::RgbImage& pixels,
                                           const core::Json& record);

}  // namespace ersatz::runner
