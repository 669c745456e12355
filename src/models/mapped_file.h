// A file mapped read-only into memory.
#pragma once

#include <cstddef>
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

  // Takes the pages that hold [begin, begin + size) of the file out of this process's memory; they
  // are read again when touched again. Sizes are clipped to the file.
  void forget(std::size_t begin, std::size_t size) const;

  // The same for an address, whichever live mapping it lies in; does nothing when it lies in none.
  static void forget_address(const void* address, std::size_t size);

  // Whether the address lies in a live mapping.
  static bool holds(const void* address);

 private:
  std::string_view bytes_;
};

}  // namespace ersatz::models
