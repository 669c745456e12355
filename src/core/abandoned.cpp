#include "core/abandoned.h"

#include <string>
#include <vector>

#include "core/file_system.h"

namespace ersatz::core {
namespace {

bool starts_with(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

}  // namespace

fs::path set_aside(const fs::path& target) { return target.string() + ".set-aside"; }

void remove_abandoned(const fs::path& target) {
  const fs::path parent = target.has_parent_path() ? target.parent_path() : fs::path(".");
  if (!fs::is_directory(parent)) return;
  const std::string name = target.filename().string() + ".";
  const std::string aside = set_aside(target).filename().string() + ".";
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(parent)) {
    if (starts_with(entry.path().filename().string(), name)) found.push_back(entry.path());
  }
  // Our own number: an earlier process had it.
  const fs::path mine = partial_path(target).filename();
  const fs::path my_aside = partial_path(set_aside(target)).filename();
  for (const fs::path& path : found) {
    const fs::path file = path.filename();
    if (file != mine && file != my_aside && !is_abandoned(path)) continue;
    // Killed between the two steps of replace_directory: the old tree is the only one there is.
    if (starts_with(file.string(), aside) && !fs::exists(target)) {
      rename_durable(path, target);
    } else {
      remove_tree(path);
    }
  }
}

}  // namespace ersatz::core
