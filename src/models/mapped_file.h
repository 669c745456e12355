// A file mapped read-only into memory.
#pragma once

#include <filesystem>
#include <string_view>

namespace ersatz::models {

class MappedFile {
 public:
  // Throws Error::missing when there is no regular file, Error::io when it cannot be mapped.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // The bytes at the time of opening. Files are replaced by renaming, never truncated in place.
  std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
};

}  // namespace ersatz::models
