// The pictures that cut-outs are pasted on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"

namespace ersatz::generate {

inline constexpr std::size_t kCachedBackgrounds = std::size_t{512} << 20;  // bytes

// A fixed list of pictures, read when needed. Members may be called from several threads at once.
class Backgrounds {
 public:
  struct Entry {
    std::string name;  // the path below the folder
    std::string sha256;
    int width = 0, height = 0;  // px
  };

  virtual ~Backgrounds() = default;
  const std::vector<Entry>& entries() const { return entries_; }
  std::size_t size() const { return entries_.size(); }
  virtual std::shared_ptr<const data::RgbImage> read(std::size_t i) const = 0;

  // SHA-256 over names and digests: the identity of the set.
  std::string digest() const;

 protected:
  std::vector<Entry> entries_;  // at least one
};

// All PNG and JPEG files below `folder`, sorted by path. Every file is digested and its header
// checked here, on `threads` threads (<= 0: one per processor), so that a folder with a file that
// is no picture is refused at once; pixels are decoded, strictly, by read(), which keeps up to
// `cache_bytes` of them. Pictures are taken as they are stored: orientation in Exif data is
// ignored, as in the paper's code. Throws Error::missing (40) when there is no such folder or no
// picture in it, Error::untrusted (30) naming the file for what cannot be read; read() also when a
// file has changed in the meantime (Error::digest_mismatch, 31). `left_out` and other errors as in
// picture_files.
std::unique_ptr<Backgrounds> open_backgrounds(const std::filesystem::path& folder, int threads = 0,
                                              std::size_t cache_bytes = kCachedBackgrounds,
                                              const std::filesystem::path& left_out = {});

// Pictures in memory. Error::missing (40) when there is none.
std::unique_ptr<Backgrounds> make_backgrounds(std::vector<data::RgbImage> pictures);

}  // namespace ersatz::generate
