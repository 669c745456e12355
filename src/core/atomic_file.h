// A file written piece by piece that appears under its name only when it is complete.
#pragma once

#include <filesystem>
#include <string_view>

namespace ersatz::core {

class AtomicFile {
 public:
  // Creates partial_path(path) and the folders above it, so that two writers of the same file do
  // not share one partial file. Throws Error::io, as all members do.
  explicit AtomicFile(const std::filesystem::path& path);
  // Removes the partial file unless commit() has made it the final one.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);

  // Flushes to the disk and replaces `path` in one step. Nothing may be written afterwards.
  void commit();

 private:
  std::filesystem::path path_, partial_;
  int descriptor_ = -1;
  bool committed_ = false;
};

}  // namespace ersatz::core
