#include "generate/copy_paste/picture_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/error.h"

namespace ersatz::generate {
namespace {

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

std::vector<std::filesystem::path> picture_files(const std::filesystem::path& folder,
                                                 const std::vector<std::string>& endings) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    throw core::Error::missing(fmt::format("there is no folder {}", folder.string()));
  }
  std::vector<fs::path> files;
  fs::recursive_directory_iterator entry(folder, error);
  if (error) throw core::Error::io("list", folder, error.value());
  for (; entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (error) throw core::Error::io("list", folder, error.value());
    const fs::path& path = entry->path();
    if (path.filename().string().front() == '.') {
      entry.disable_recursion_pending();
      continue;
    }
    std::error_code unreadable;
    if (!entry->is_regular_file(unreadable)) continue;
    const std::string ending = lower_case(path.extension().string());
    if (std::find(endings.begin(), endings.end(), ending) != endings.end()) {
      files.push_back(path.lexically_relative(folder));
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace ersatz::generate
