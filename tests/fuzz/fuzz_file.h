// A file with the bytes of a fuzz input, for readers that want a path.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace ersatz::test {

// In a folder of this process, which is removed at its end.
class FuzzFile {
 public:
  explicit FuzzFile(const std::string& name)
      : folder_(std::filesystem::temp_directory_path() /
                ("ersatz-fuzz-" + std::to_string(::getpid()) + "-" + name)),
        path_(folder_ / name) {
    std::filesystem::create_directories(folder_);
  }
  ~FuzzFile() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  FuzzFile(const FuzzFile&) = delete;
  FuzzFile& operator=(const FuzzFile&) = delete;

  const std::filesystem::path& holding(std::string_view bytes) const {
    std::ofstream(path_, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path_;
  }

 private:
  std::filesystem::path folder_, path_;
};

}  // namespace ersatz::test
