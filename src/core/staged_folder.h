// A folder written file by file that appears under its name only when it is complete.
#pragma once

#include <filesystem>

namespace ersatz::core {

class StagedFolder {
 public:
  // Makes partial_path(target), empty; what killed writers of the same target left on this machine
  // is removed, or put back (core/abandoned.h). Throws Error::io, as put_in_place does.
  explicit StagedFolder(const std::filesystem::path& target);
  // Removes what was written unless put_in_place() has made it the target.
  ~StagedFolder();
  StagedFolder(const StagedFolder&) = delete;
  StagedFolder& operator=(const StagedFolder&) = delete;

  // Where to write.
  const std::filesystem::path& path() const { return path_; }

  // Flushes everything to the disk and replaces `target` in one step. Nothing may be written
  // afterwards.
  void put_in_place();

 private:
  std::filesystem::path target_, path_;
  bool placed_ = false;
};

}  // namespace ersatz::core
