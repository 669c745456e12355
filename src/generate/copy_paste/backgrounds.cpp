#include "generate/copy_paste/backgrounds.h"

#include <fmt/format.h>

#include <list>
#include <mutex>
#include <unordered_map>

#include "core/digest.h"
#include "core/error.h"
#include "core/signals.h"
#include "data/digits/parallel_blocks.h"
#include "data/images/image_file.h"
#include "generate/copy_paste/picture_files.h"

namespace ersatz::generate {
namespace {

namespace fs = std::filesystem;
using Picture = std::shared_ptr<const data::RgbImage>;

// The most recently used pictures, up to a number of bytes.
class PictureCache {
 public:
  explicit PictureCache(std::size_t capacity) : capacity_(capacity) {}

  Picture find(std::size_t i) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto known = places_.find(i);
    if (known == places_.end()) return nullptr;
    recent_.splice(recent_.begin(), recent_, known->second);
    return known->second->second;
  }

  void add(std::size_t i, const Picture& picture) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (picture->pixels.size() > capacity_ || places_.count(i) != 0) return;
    recent_.emplace_front(i, picture);
    places_[i] = recent_.begin();
    bytes_ += picture->pixels.size();
    while (bytes_ > capacity_) {
      bytes_ -= recent_.back().second->pixels.size();
      places_.erase(recent_.back().first);
      recent_.pop_back();
    }
  }

 private:
  using Recent = std::list<std::pair<std::size_t, Picture>>;
  std::size_t capacity_, bytes_ = 0;
  std::mutex mutex_;
  Recent recent_;  // the latest first
  std::unordered_map<std::size_t, Recent::iterator> places_;
};

class FolderBackgrounds : public Backgrounds {
 public:
  FolderBackgrounds(fs::path folder, int threads, std::size_t cache_bytes, const fs::path& left_out)
      : folder_(std::move(folder)), cache_(cache_bytes) {
    const std::vector<fs::path> files = picture_files(folder_, {".png", ".jpg", ".jpeg"}, left_out);
    if (files.empty()) {
      throw core::Error::missing(
          fmt::format("there is no background: no PNG or JPEG file in {}", folder_.string()));
    }
    entries_.resize(files.size());
    data::for_each_block(static_cast<std::int64_t>(files.size()), 1, threads,
                         [&](std::int64_t begin, std::int64_t) {
                           core::stop_point();
                           const auto i = static_cast<std::size_t>(begin);
                           entries_[i] = survey(files[i]);
                         });
  }

  Picture read(std::size_t i) const override {
    if (Picture known = cache_.find(i)) return known;
    const fs::path file = folder_ / entries_.at(i).name;
    const std::string bytes = data::read_image_bytes(file);
    const std::string digest = core::sha256_hex(bytes);
    if (digest != entries_[i].sha256) {
      throw core::Error::digest_mismatch(file, entries_[i].sha256, digest)
          .with_hint("the file has changed since the start");
    }
    auto picture = std::make_shared<const data::RgbImage>(data::decode_image(bytes, file));
    cache_.add(i, picture);
    return picture;
  }

 private:
  Entry survey(const fs::path& file) const {
    const std::string bytes = data::read_image_bytes(folder_ / file);
    const data::ImageHeader header = data::parse_image_header(bytes, folder_ / file);
    return {file.generic_string(), core::sha256_hex(bytes), header.width, header.height};
  }

  fs::path folder_;
  mutable PictureCache cache_;
};

class MemoryBackgrounds : public Backgrounds {
 public:
  explicit MemoryBackgrounds(std::vector<data::RgbImage> pictures) {
    if (pictures.empty()) throw core::Error::missing("there is no background");
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      core::Sha256 digest;
      digest.update(pictures[i].pixels.data(), pictures[i].pixels.size());
      entries_.push_back(
          {fmt::format("{:05}", i), digest.hex(), pictures[i].width, pictures[i].height});
      pictures_.push_back(std::make_shared<const data::RgbImage>(std::move(pictures[i])));
    }
  }
  Picture read(std::size_t i) const override { return pictures_.at(i); }

 private:
  std::vector<Picture> pictures_;
};

}  // namespace

std::string Backgrounds::digest() const {
  core::Sha256 digest;
  for (const Entry& entry : entries_) {
    digest.update(
        fmt::format("{}{}{} {} {}\n", entry.name, '\0', entry.sha256, entry.width, entry.height));
  }
  return digest.hex();
}

std::unique_ptr<Backgrounds> open_backgrounds(const fs::path& folder, int threads,
                                              std::size_t cache_bytes, const fs::path& left_out) {
  return std::make_unique<FolderBackgrounds>(folder, threads, cache_bytes, left_out);
}

std::unique_ptr<Backgrounds> make_backgrounds(std::vector<data::RgbImage> pictures) {
  return std::make_unique<MemoryBackgrounds>(std::move(pictures));
}

}  // namespace ersatz::generate
