#include "data/photos/grey_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/signals.h"
#include "data/digits/parallel_blocks.h"
#include "data/images/image_file.h"
#include "data/images/resize.h"

namespace ersatz::data {
namespace {

constexpr std::int64_t kBlock = 16;  // pictures
constexpr std::size_t kNamed = 10;

void warn_about(const GreyPictures& pictures, const ImageFolder& folder) {
  if (pictures.refused.empty()) return;
  std::string list;
  for (std::size_t i = 0; i < std::min(kNamed, pictures.refused.size()); ++i) {
    list += "\n    " + pictures.refused[i].reason;
  }
  if (pictures.refused.size() > kNamed) {
    list += fmt::format("\n    and {} more", pictures.refused.size() - kNamed);
  }
  core::log_warning(fmt::format("{} of {} pictures below {} are left out:{}",
                                pictures.refused.size(), folder.size(), folder.root.string(),
                                list));
}

}  // namespace

GreyImage grey_picture(const RgbImage& picture, int side) {
  return to_grey(resize_bicubic(picture, side, side));
}

GreyPictures load_grey_pictures(const ImageFolder& folder, int side,
                                const std::function<RgbImage(const RgbImage&)>& change,
                                const LoadOptions& options) {
  const auto count = static_cast<std::int64_t>(folder.size());
  std::vector<GreyImage> made(folder.size());
  std::vector<std::string> reasons(folder.size());
  std::mutex guard;  // of the progress
  for_each_block(count, kBlock, options.threads, [&](std::int64_t begin, std::int64_t end) {
    core::stop_point();
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      try {
        const RgbImage picture = read_image_on_white(folder.root / folder.files[i]);
        made[i] = grey_picture(change ? change(picture) : picture, side);
      } catch (const core::Error& error) {
        if (error.code() != core::ExitCode::kUntrustedData) throw;
        reasons[i] = error.what();
      }
    }
    if (options.progress != nullptr) {
      const std::lock_guard<std::mutex> lock(guard);
      options.progress->add(end - begin);
    }
  });
  GreyPictures result;
  result.images.height = result.images.width = side;
  for (std::size_t i = 0; i < folder.size(); ++i) {
    if (made[i].pixels.empty()) {
      result.refused.push_back({folder.files[i], reasons[i]});
      continue;
    }
    result.images.pixels.insert(result.images.pixels.end(), made[i].pixels.begin(),
                                made[i].pixels.end());
    result.images.labels.push_back(folder.labels[i]);
    result.files.push_back(folder.files[i]);
  }
  warn_about(result, folder);
  const auto counts = class_counts(result.images.labels, folder.classes.size());
  for (std::size_t k = 0; k < counts.size(); ++k) {
    if (counts[k] > 0) continue;
    throw core::Error::untrusted(folder.root / folder.classes[k],
                                 "not one of its pictures can be read");
  }
  return result;
}

}  // namespace ersatz::data
