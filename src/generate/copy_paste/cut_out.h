// What copy-paste pastes: pictures of single things with transparent surroundings, by class.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"

namespace ersatz::generate {

// From this alpha on a pixel belongs to the thing's mask. Fainter ones are its soft edge.
inline constexpr std::uint8_t kMaskAlpha = 128;

struct CutOut {
  std::string name;    // unique in its class: the path below the class's folder, "ripe/3.png"
  std::string sha256;  // of the file; of size and pixels when it did not come from one
  data::RgbaImage image;
};

// The cut-outs of one class: what the paper calls its masks.
struct CutOutClass {
  std::string name;  // of the folder
  std::vector<CutOut> cut_outs;
};

struct CutOutChoice {
  std::vector<std::string> classes;  // names of folders; empty: all, by name
  // So many of each class, drawn with the stream (seed, "copy-paste/masks/<class>"); 0: all.
  int per_class = 0;
  std::uint64_t seed = 0;
  std::filesystem::path left_out = {};  // a folder that is no class; empty: all are
};

// A cut-out from memory, named and digested.
CutOut make_cut_out(std::string name, data::RgbaImage image);

// Reads `folder`/<class>/**/*.png: every folder in `folder` is a class. Only the files that are
// chosen are decoded. Throws Error::missing (40) when there is no such folder or class, a class has
// no PNG file or fewer than asked for, Error::usage (2) for a negative number, Error::untrusted
// (30) for a file that is unreadable, has no alpha channel, or shows nothing, and for a name that
// is not UTF-8; errors as picture_files.
std::vector<CutOutClass> load_cut_outs(const std::filesystem::path& folder,
                                       const CutOutChoice& choice = {});

// Error::untrusted (30) naming `file` when no pixel has at least kMaskAlpha.
void require_visible(const data::RgbaImage& image, const std::filesystem::path& file);

}  // namespace ersatz::generate
