#include "core/staged_folder.h"

#include <string>
#include <vector>

#include "core/file_system.h"

namespace ersatz::core {
namespace {

// Removes what killed writers of this folder left behind.
void remove_stale(const fs::path& target) {
  const fs::path parent = target.has_parent_path() ? target.parent_path() : fs::path(".");
  if (!fs::is_directory(parent)) return;
  const std::string prefix = target.filename().string() + ".";
  std::vector<fs::path> stale;
  for (const auto& entry : fs::directory_iterator(parent)) {
    if (entry.path().filename().string().rfind(prefix, 0) != 0) continue;
    // Our own number: an earlier process had it.
    const bool ours = entry.path().filename() == partial_path(target).filename();
    if (ours || is_abandoned(entry.path())) stale.push_back(entry.path());
  }
  for (const fs::path& path : stale) remove_tree(path);
}

}  // namespace

StagedFolder::StagedFolder(const fs::path& target) : target_(target), path_(partial_path(target)) {
  remove_stale(target_);
  make_directories(path_);
}

StagedFolder::~StagedFolder() {
  std::error_code ignored;
  if (!placed_) fs::remove_all(path_, ignored);
}

void StagedFolder::put_in_place() {
  fsync_tree(path_);
  replace_directory(path_, target_);
  placed_ = true;
}

}  // namespace ersatz::core
