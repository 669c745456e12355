// The error of a run on several ranks that cannot go on because one of them is gone. (Beside the
// factories of core/error.h, since only what runs as several ranks knows it.)
#pragma once

#include <string>

#include "core/error.h"

namespace ersatz::core {

// The process's state on disk is resumable.
inline constexpr ExitCode kRankLost{60};

Error rank_lost(std::string message);

}  // namespace ersatz::core
