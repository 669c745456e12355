// Finding the picture files of a folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ersatz::generate {

// The paths, relative to `folder`, of all files below it whose names end in one of `endings`
// (".png"; case does not matter), sorted. Hidden files and folders are passed over, and symbolic
// links to folders not followed. Error::missing (40) when there is no such folder.
std::vector<std::filesystem::path> picture_files(const std::filesystem::path& folder,
                                                 const std::vector<std::string>& endings);

}  // namespace ersatz::generate
