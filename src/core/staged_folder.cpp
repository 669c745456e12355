#include "core/staged_folder.h"

#include "core/abandoned.h"
#include "core/file_system.h"

namespace ersatz::core {

StagedFolder::StagedFolder(const fs::path& target) : target_(target), path_(partial_path(target)) {
  remove_abandoned(target_);
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
