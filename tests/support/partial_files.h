// Names of what writers have not finished (core::partial_path), by whoever it is.
#pragma once

#include <filesystem>
#include <string>

#include "core/file_system.h"

namespace ersatz::test {

// A process that never runs: above the kernel's largest number.
inline constexpr long kNobody = 999'999'999;

// What process `pid` of this machine or of `host` writes before it is `target`.
inline std::filesystem::path partial_of(const std::filesystem::path& target, long pid,
                                        std::string host = {}) {
  const std::string own = core::partial_path("x").stem().string();
  if (host.empty()) host = own.substr(own.find('@') + 1);
  return target.string() + "." + std::to_string(pid) + "@" + host + ".partial";
}

}  // namespace ersatz::test
