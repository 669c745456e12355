#include "label/dataset/label_files.h"

#include <fmt/format.h>

#include <utility>

#include "core/error.h"

namespace ersatz::label {

namespace fs = std::filesystem;

LabelFiles::LabelFiles(fs::path folder, std::string ending)
    : folder_(std::move(folder)), ending_(std::move(ending)) {}

fs::path LabelFiles::of(const LabelledPicture& picture) {
  fs::path file = folder_ / fs::path(picture.file).replace_extension(ending_);
  const auto [other, is_new] = pictures_.emplace(file, picture.file);
  if (!is_new) {
    throw core::Error::usage(fmt::format("pictures '{}' and '{}' would share the label file {}",
                                         other->second, picture.file, file.string()));
  }
  return file;
}

}  // namespace ersatz::label
