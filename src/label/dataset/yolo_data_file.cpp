#include "label/dataset/yolo_data_file.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "core/error.h"
#include "core/file_system.h"
#include "label/dataset/labelled_dataset.h"

namespace ersatz::label {
namespace {

namespace fs = std::filesystem;
using core::Error;

// With the dataset's folder before it no longer than systems take.
constexpr std::size_t kMaxFolderBytes = 1024;

fs::path below(const fs::path& file, const std::string& path) {
  // The system would take what stands before it.
  if (path.find('\0') != std::string::npos) {
    throw Error::untrusted(file, "a folder with a NUL character");
  }
  const fs::path folder = fs::path(path).lexically_normal();
  if (folder.is_absolute() || (!folder.empty() && *folder.begin() == "..")) {
    throw Error::untrusted(file, fmt::format("'{}' is not below the dataset's folder", path));
  }
  if (path.size() > kMaxFolderBytes ||
      std::any_of(folder.begin(), folder.end(),
                  [](const fs::path& part) { return part.native().size() > kMaxNameBytes; })) {
    throw Error::untrusted(
        file, fmt::format("a folder of {} bytes; a name in it has at most {}, all of it {}",
                          path.size(), kMaxNameBytes, kMaxFolderBytes));
  }
  return folder;
}

std::vector<std::string> names_of(const YAML::Node& root, const fs::path& file) {
  const YAML::Node names = root["names"];
  if (!names || (!names.IsSequence() && !names.IsMap())) {
    throw Error::untrusted(file, "'names' is neither a list nor a map of class names");
  }
  if (names.size() > kMaxClasses) throw Error::untrusted(file, "more than 100,000 classes");
  std::vector<std::string> classes(names.size());
  std::size_t next = 0;
  for (const auto& entry : names) {
    const std::size_t index = names.IsMap() ? entry.first.as<std::size_t>() : next++;
    if (index >= names.size()) {
      throw Error::untrusted(file, fmt::format("class {} of {}", index, names.size()));
    }
    classes[index] = names.IsMap() ? entry.second.as<std::string>() : entry.as<std::string>();
  }
  return classes;
}

}  // namespace

YoloDataFile read_yolo_data_file(const fs::path& folder, const std::string& part) {
  const fs::path file = folder / "data.yaml";
  YoloDataFile data;
  try {
    const YAML::Node root = YAML::Load(core::read_file(file, 16U << 20));
    data.classes = names_of(root, file);
    for (const char* key : {"train", "val", "test"}) {
      if (!part.empty() && part != key) continue;
      if (root[key] && root[key].IsScalar()) {
        data.images = below(file, root[key].as<std::string>());
        break;
      }
    }
  } catch (const YAML::Exception& error) {
    throw Error::untrusted(file, error.what());
  }
  if (data.images.empty()) {
    if (!part.empty()) throw Error::untrusted(file, fmt::format("there is no '{}' folder", part));
    data.images = "images";
  }
  return data;
}

fs::path yolo_labels_folder(const fs::path& images) {
  fs::path labels;
  bool replaced = false;
  for (const fs::path& part : images) {
    const bool here = !replaced && part == "images";
    replaced = replaced || here;
    labels /= here ? fs::path("labels") : part;
  }
  return replaced ? labels : fs::path("labels");
}

bool is_yolo_picture(const fs::path& file) {
  std::string ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

}  // namespace ersatz::label
