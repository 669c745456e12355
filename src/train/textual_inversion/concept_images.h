// The few pictures of a thing or a style that a new word is learned from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"

namespace ersatz::train {

struct ConceptPreparation {
  int side = 512;  // px of the square that every picture is resized to
  // The middle square of a picture is taken; otherwise the whole of it is squeezed into the square,
  // as diffusers does by default.
  bool centre_crop = false;
};

struct ConceptImages {
  std::vector<data::RgbImage> pictures;  // side x side px
  std::vector<std::string> names;        // their files, for messages and records
};

// side x side px, by an antialiased bicubic filter. Error::usage for a side below 1.
data::RgbImage prepare_picture(const data::RgbImage& picture,
                               const ConceptPreparation& preparation);

// Every PNG and JPEG file of `folder`, in folders below it too, sorted by name and turned upright.
// Error::missing when there is no such folder or no picture in it; Error::untrusted naming a
// picture that cannot be read whole, or is in a format that is not read.
ConceptImages load_concept_images(const std::filesystem::path& folder,
                                  const ConceptPreparation& preparation);

// SHA-256 over sizes and pixels: names make no difference.
std::string digest_of(const ConceptImages& images);

}  // namespace ersatz::train
