#include "picture_sets.h"

#include <cmath>

#include "arms.h"
#include "core/file_system.h"
#include "data/idx.h"
#include "data/photos/stratified_split.h"

namespace ersatz::clothing {

namespace {

constexpr const char* kImages = "images.idx3-ubyte";
constexpr const char* kLabels = "labels.idx1-ubyte";

}  // namespace

void write_set(const std::filesystem::path& folder, const data::LabelledImages& images) {
  core::make_directories(folder);
  data::write_idx(images, folder / kImages, folder / kLabels);
}

data::LabelledImages read_set(const std::filesystem::path& folder) {
  return data::read_idx(folder / kImages, folder / kLabels, 255);
}

std::string pictures_of(const std::string& arm) {
  return arm == kForeground ? kForegroundPictures : kOriginal;
}

data::LabelledImages training_set(const core::Config& config, const std::string& arm,
                                  const std::filesystem::path& pictures) {
  data::LabelledImages all = read_set(pictures / "train");
  if (arm != kHalfData) return all;
  const auto count = static_cast<std::int64_t>(
      std::llround(config.get_float("comparison.share") * static_cast<double>(all.size())));
  return draw_pictures(all, count, static_cast<std::uint64_t>(config.get_int("seed")),
                       config.get_strings("data.classes"));
}

data::LabelledImages draw_pictures(const data::LabelledImages& set, std::int64_t count,
                                   std::uint64_t seed, const std::vector<std::string>& classes) {
  const auto size = static_cast<std::int64_t>(set.size());
  if (count >= size) return set;
  // The split takes ceil(share * size).
  const double share = (static_cast<double>(count) - 0.5) / static_cast<double>(size);
  return data::select(set, data::stratified_split(set.labels, share, seed, classes).validation);
}

}  // namespace ersatz::clothing
