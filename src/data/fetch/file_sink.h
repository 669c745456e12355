// A file that is written piece by piece and gets its final name only when it is complete.
#pragma once

#include <cstddef>
#include <filesystem>

namespace ersatz::data {

// Writes to `partial`; publish() syncs and renames. Destroyed before that, it removes the file.
// All functions throw Error::io.
class FileSink {
 public:
  explicit FileSink(std::filesystem::path partial);
  ~FileSink();
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  void write(const void* bytes, std::size_t size);
  void publish(const std::filesystem::path& destination);

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  bool published_ = false;
};

// write(2) until everything is written. `path` is for the error.
void write_fully(int descriptor, const void* bytes, std::size_t size,
                 const std::filesystem::path& path);

}  // namespace ersatz::data
