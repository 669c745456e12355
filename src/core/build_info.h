// What this program was built from.
#pragma once

#include <string>

namespace ersatz::core {

struct BuildInfo {
  std::string version;     // "0.1.0"
  std::string commit;      // git commit, or "unknown" outside a repository
  std::string dirty;       // "" for a clean tree, else a digest of the uncommitted difference
  std::string compiler;    // "GNU 12.2.0"
  std::string build_type;  // "Release"
  std::string flags;
  bool optimised = true;
};

const BuildInfo& build_info();

}  // namespace ersatz::core
