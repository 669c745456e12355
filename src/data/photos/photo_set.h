// Photos of one size in memory, ready to be trained on: decoded and cut to size once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/progress.h"
#include "data/images/rgb_image.h"
#include "data/labelled_images.h"
#include "data/photos/image_folder.h"

namespace ersatz::data {

// What is done to every photo, in this order: Resize(shorter side), CenterCrop.
struct PhotoPreparation {
  int resize = 224;  // px, shorter side; bilinear with antialiasing (data/images/resize.h)
  int crop = 224;    // px
};

// timm's evaluation transform of resnet18: crop_pct 0.875.
PhotoPreparation evaluation_preparation();

core::Json describe(const PhotoPreparation& preparation);

struct PhotoSet {
  std::vector<std::string> classes;
  LabelledImages images;           // [N, crop, crop, 3]
  std::vector<std::string> names;  // [N], for messages: the file below its root, or made up

  std::size_t size() const { return images.size(); }
};

// The photos at `indices`, in that order.
PhotoSet select(const PhotoSet& set, const std::vector<std::int64_t>& indices);

struct LoadOptions {
  int threads = 0;                                   // <= 0: one per processor
  std::uint64_t max_bytes = std::uint64_t{6} << 30;  // of prepared photos
  core::Progress* progress = nullptr;                // counts photos; may be null
};

// Decodes and prepares every photo of a folder. Error::untrusted (exit 30) naming the photos that
// cannot be read (the first ten, and how many there are); Error::usage when the set would need more
// than max_bytes; Interrupted after a signal.
PhotoSet load_photos(const ImageFolder& folder, const PhotoPreparation& preparation,
                     const LoadOptions& options = {});

// The same from pictures made by `picture(i)`, called from several threads.
PhotoSet prepare_photos(const std::vector<std::string>& classes,
                        const std::vector<std::uint8_t>& labels,
                        const std::function<RgbImage(std::int64_t i)>& picture,
                        const PhotoPreparation& preparation, const LoadOptions& options = {});

struct RefusedPhoto {
  std::filesystem::path file;  // below the root
  std::string reason;
};

// Decodes every photo and takes those out of `folder` that cannot be read whole; returns them. For
// callers that go on without them and report how many there were.
std::vector<RefusedPhoto> quarantine_unreadable(ImageFolder& folder,
                                                const LoadOptions& options = {});

}  // namespace ersatz::data
