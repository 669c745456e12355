#include "data/photos/photo_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include "core/error.h"
#include "core/signals.h"
#include "data/digits/parallel_blocks.h"
#include "data/images/image_file.h"
#include "data/images/resize.h"

namespace ersatz::data {
namespace {

constexpr std::int64_t kBlock = 4;  // photos: decoding takes unequal times
constexpr std::size_t kNamed = 10;

// Calls body(i) for every photo on several threads; stops at a signal.
void for_each_photo(std::int64_t count, const LoadOptions& options,
                    const std::function<void(std::int64_t)>& body) {
  std::mutex guard;
  for_each_block(count, kBlock, options.threads, [&](std::int64_t begin, std::int64_t end) {
    core::stop_point();
    for (std::int64_t i = begin; i < end; ++i) body(i);
    if (options.progress != nullptr) {
      const std::lock_guard<std::mutex> lock(guard);
      options.progress->add(end - begin);
    }
  });
}

// Refused photos by index, so that their order does not depend on threads.
class Refusals {
 public:
  void add(std::int64_t index, const core::Error& error) {
    const std::lock_guard<std::mutex> lock(guard_);
    reasons_.emplace(index, error.what());
  }
  const std::map<std::int64_t, std::string>& reasons() const { return reasons_; }

 private:
  std::mutex guard_;
  std::map<std::int64_t, std::string> reasons_;
};

core::Error refusal(const ImageFolder& folder, const Refusals& refusals) {
  std::string list;
  std::size_t named = 0;
  for (const auto& [index, reason] : refusals.reasons()) {
    if (++named > kNamed) break;
    list += "\n    " + reason;
  }
  if (named > kNamed) list += fmt::format("\n    and {} more", refusals.reasons().size() - kNamed);
  return core::Error(
      core::ExitCode::kUntrustedData,
      fmt::format("{} of {} photos below {} cannot be read:{}", refusals.reasons().size(),
                  folder.size(), folder.root.string(), list),
      "replace them, or go on without them by quarantine");
}

}  // namespace

PhotoPreparation evaluation_preparation() { return {256, 224}; }

core::Json describe(const PhotoPreparation& preparation) {
  return {{"resize", preparation.resize},
          {"filter", "bilinear, antialiased (Pillow)"},
          {"centre_crop", preparation.crop}};
}

PhotoSet select(const PhotoSet& set, const std::vector<std::int64_t>& indices) {
  PhotoSet result{set.classes, select(set.images, indices), {}};
  for (const std::int64_t i : indices)
    result.names.push_back(set.names[static_cast<std::size_t>(i)]);
  return result;
}

PhotoSet prepare_photos(const std::vector<std::string>& classes,
                        const std::vector<std::uint8_t>& labels,
                        const std::function<RgbImage(std::int64_t i)>& picture,
                        const PhotoPreparation& preparation, const LoadOptions& options) {
  if (preparation.resize < 1 || preparation.crop < 1 || preparation.resize > 4096 ||
      preparation.crop > 4096) {
    throw core::Error::usage(
        fmt::format("photos resized to {} and cropped to {} pixels; 1 to 4096 "
                    "are possible",
                    preparation.resize, preparation.crop));
  }
  PhotoSet set;
  set.classes = classes;
  set.images.height = set.images.width = preparation.crop;
  set.images.channels = 3;
  set.images.labels = labels;
  const std::uint64_t bytes = std::uint64_t{set.images.image_bytes()} * labels.size();
  if (bytes > options.max_bytes) {
    throw core::Error::usage(fmt::format(
        "{} photos of {} x {} pixels take {:.1f} GB of memory, {:.1f} GB are allowed",
        labels.size(), preparation.crop, preparation.crop, static_cast<double>(bytes) / 1e9,
        static_cast<double>(options.max_bytes) / 1e9));
  }
  class_counts(labels, classes.size());  // refuses labels that are no class
  set.images.pixels.resize(bytes);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    set.names.push_back(fmt::format("{} {}", classes[labels[i]], i));
  }
  for_each_photo(static_cast<std::int64_t>(labels.size()), options, [&](std::int64_t i) {
    const RgbImage photo =
        centre_crop(resize_shorter_side(picture(i), preparation.resize), preparation.crop);
    std::copy(photo.pixels.begin(), photo.pixels.end(),
              set.images.image(static_cast<std::size_t>(i)));
  });
  return set;
}

PhotoSet load_photos(const ImageFolder& folder, const PhotoPreparation& preparation,
                     const LoadOptions& options) {
  Refusals refusals;
  const auto read = [&](std::int64_t i) {
    try {
      return read_image(folder.root / folder.files[static_cast<std::size_t>(i)]);
    } catch (const core::Error& error) {
      refusals.add(i, error);
      return RgbImage{1, 1, {0, 0, 0}};
    }
  };
  PhotoSet set = prepare_photos(folder.classes, folder.labels, read, preparation, options);
  if (!refusals.reasons().empty()) throw refusal(folder, refusals);
  std::transform(folder.files.begin(), folder.files.end(), set.names.begin(),
                 [](const std::filesystem::path& file) { return file.string(); });
  return set;
}

std::vector<RefusedPhoto> quarantine_unreadable(ImageFolder& folder, const LoadOptions& options) {
  Refusals refusals;
  for_each_photo(static_cast<std::int64_t>(folder.size()), options, [&](std::int64_t i) {
    try {
      read_image(folder.root / folder.files[static_cast<std::size_t>(i)]);
    } catch (const core::Error& error) {
      refusals.add(i, error);
    }
  });
  std::vector<RefusedPhoto> refused;
  std::vector<std::int64_t> kept;
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(folder.size()); ++i) {
    const auto found = refusals.reasons().find(i);
    if (found == refusals.reasons().end()) {
      kept.push_back(i);
    } else {
      refused.push_back({folder.files[static_cast<std::size_t>(i)], found->second});
    }
  }
  if (!refused.empty()) folder = select(folder, kept);
  return refused;
}

}  // namespace ersatz::data
