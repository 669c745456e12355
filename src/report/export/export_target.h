// Where an export may be written, and copies of files in it.
#pragma once

#include <filesystem>

namespace ersatz::report {

// `folder` without a final slash, absolute. Error::usage (2) unless it is absent or an empty
// folder: an export never mixes with what somebody else wrote.
std::filesystem::path export_target(const std::filesystem::path& folder);

// Copies a file into an export; makes the folders above it. Error::missing, Error::io.
void copy_into_export(const std::filesystem::path& file, const std::filesystem::path& target);

}  // namespace ersatz::report
