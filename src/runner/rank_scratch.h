// Where ranks other than the first write what they have to write and nobody wants.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/error.h"

namespace ersatz::runner {

// A new folder for temporary files, removed with what is in it.
struct RankScratch {
  RankScratch() {
    std::string name = (std::filesystem::temp_directory_path() / "ersatz-rank-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw core::Error::io("create", name, errno);
    path = name;
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
