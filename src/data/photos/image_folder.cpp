#include "data/photos/image_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "core/error.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxClasses = 256;

std::string lower_extension(const fs::path& path) {
  std::string text = path.extension().string();
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

bool is_hidden(const fs::path& path) { return path.filename().string().front() == '.'; }

bool is_one_of(const std::string& text, std::initializer_list<const char*> list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error)) {
    if (!is_hidden(i->path())) entries.push_back(i->path());
  }
  if (error) throw core::Error::io("list", folder, error.value());
  std::sort(entries.begin(), entries.end());
  return entries;
}

// Symbolic links are followed, but not in circles: 16 folders deep at most.
void collect(const fs::path& folder, const fs::path& root, int depth, ImageFolder& result) {
  if (depth > 16) {
    throw core::Error::usage(
        fmt::format("{} is more than 16 folders deep below its class", folder.string()));
  }
  for (const fs::path& path : sorted_entries(folder)) {
    if (fs::is_directory(path)) {
      collect(path, root, depth + 1, result);
      continue;
    }
    const std::string extension = lower_extension(path);
    if (is_one_of(extension, {".png", ".jpg", ".jpeg"})) {
      result.files.push_back(path.lexically_relative(root));
    } else if (is_one_of(extension, {".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"})) {
      throw core::Error::untrusted(path, "a picture in a format that is not read")
          .with_hint("convert it to PNG or JPEG, or move it out of the class folder");
    } else {
      ++result.ignored;
    }
  }
}

std::vector<std::string> folders_below(const fs::path& root) {
  std::vector<std::string> names;
  for (const fs::path& path : sorted_entries(root)) {
    if (fs::is_directory(path)) names.push_back(path.filename().string());
  }
  return names;
}

}  // namespace

ImageFolder list_image_folder(const fs::path& root, const std::vector<std::string>& classes) {
  if (!fs::is_directory(root)) {
    throw core::Error::missing(fmt::format("there is no folder {}", root.string()));
  }
  ImageFolder result;
  result.root = root;
  result.classes = classes.empty() ? folders_below(root) : classes;
  if (result.classes.empty()) {
    throw core::Error::missing(fmt::format("{} has no folders", root.string()),
                               "photos are expected in one folder per class");
  }
  if (result.classes.size() > kMaxClasses) {
    throw core::Error::usage(fmt::format("{} has {} class folders; at most {} are supported",
                                         root.string(), result.classes.size(), kMaxClasses));
  }
  std::set<std::string> seen;
  for (std::size_t label = 0; label < result.classes.size(); ++label) {
    const std::string& name = result.classes[label];
    if (!seen.insert(name).second) {
      throw core::Error::usage(fmt::format("class '{}' is named twice", name));
    }
    if (!fs::is_directory(root / name)) {
      throw core::Error::missing(
          fmt::format("class '{}' has no folder in {}", name, root.string()));
    }
    collect(root / name, root, 0, result);
    if (result.files.size() == result.labels.size()) {
      throw core::Error::missing(
          fmt::format("no photo (.png, .jpg, .jpeg) in {}", (root / name).string()));
    }
    result.labels.resize(result.files.size(), static_cast<std::uint8_t>(label));
  }
  return result;
}

ImageFolder select(const ImageFolder& folder, const std::vector<std::int64_t>& indices) {
  ImageFolder result{folder.root, folder.classes, {}, {}, folder.ignored};
  for (const std::int64_t index : indices) {
    if (index < 0 || static_cast<std::size_t>(index) >= folder.size()) {
      throw core::Error::internal(
          fmt::format("photo {} asked for, there are {}", index, folder.size()));
    }
    result.files.push_back(folder.files[static_cast<std::size_t>(index)]);
    result.labels.push_back(folder.labels[static_cast<std::size_t>(index)]);
  }
  return result;
}

ImageFolder first_of_each_class(const ImageFolder& folder, std::int64_t per_class) {
  const std::vector<std::int64_t> counts = class_counts(folder.labels, folder.classes.size());
  for (std::size_t k = 0; k < counts.size(); ++k) {
    if (counts[k] < per_class) {
      throw core::Error::usage(fmt::format("class '{}' has {} photos, {} are needed",
                                           folder.classes[k], counts[k], per_class));
    }
  }
  std::vector<std::int64_t> taken(folder.classes.size(), 0), indices;
  for (std::size_t i = 0; i < folder.size(); ++i) {
    if (taken[folder.labels[i]]++ < per_class) indices.push_back(static_cast<std::int64_t>(i));
  }
  return select(folder, indices);
}

std::vector<std::int64_t> class_counts(const std::vector<std::uint8_t>& labels,
                                       std::size_t classes) {
  std::vector<std::int64_t> counts(classes, 0);
  for (const std::uint8_t label : labels) {
    if (label >= classes) {
      throw core::Error::internal(fmt::format("label {} of {} classes", label, classes));
    }
    ++counts[label];
  }
  return counts;
}

}  // namespace ersatz::data
