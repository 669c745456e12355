// Where an export may be written.
#pragma once

#include <filesystem>

namespace ersatz::report {

// `folder` without a final slash, absolute. Error::usage (2) unless it is absent or an empty
// folder: an export never mixes with what somebody else wrote.
std::filesystem::path export_target(const std::filesystem::path& folder);

}  // namespace ersatz::report
