// Between looking what is in the cache and saying so in its plan.json, a run relies on stage
// outputs that nobody else knows it uses.
#pragma once

#include <filesystem>

#include "core/project.h"

namespace ersatz::core {

// Held (FileLock) by a run during that time, and by `ersatz gc` while it looks and removes.
inline std::filesystem::path planning_lock_file() {
  return Project::get().runs() / ".planning.lock";
}
inline constexpr const char* kPlanningLock = "what runs use of the cache";

}  // namespace ersatz::core
