// Where ranks other than the first write what they have to write and nobody wants.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "core/file_system.h"

namespace ersatz::runner {

// A folder for temporary files of this process, removed with what is in it.
struct RankScratch {
  RankScratch()
      : path(std::filesystem::temp_directory_path() /
             fmt::format("ersatz-rank-{}", static_cast<long>(::getpid()))) {
    core::remove_tree(path);
    core::make_directories(path);
  }
  ~RankScratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  RankScratch(const RankScratch&) = delete;
  RankScratch& operator=(const RankScratch&) = delete;
  std::filesystem::path path;
};

}  // namespace ersatz::runner
