// Finding the picture files of a folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ersatz::generate {

// The paths, relative to `folder`, of all files below it whose names end in one of `endings`
// (".png"; case does not matter), sorted. Hidden files and folders are passed over, symbolic links
// to folders not followed, and `left_out` with everything in it, where links lead, too, is no part
// of the folder (empty: everything is). Error::missing (40) when there is no such folder,
// Error::io naming the folder that cannot be listed, Error::untrusted as require_utf8_path.
std::vector<std::filesystem::path> picture_files(const std::filesystem::path& folder,
                                                 const std::vector<std::string>& endings,
                                                 const std::filesystem::path& left_out = {});

// Whether `path` is `folder` or lies in it, where links lead. Neither need be there.
bool lies_in(const std::filesystem::path& path, const std::filesystem::path& folder);

// Error::usage (2) when `pictures`, a file or a folder, is the folder `out` or lies in it: what is
// written there would be read as a picture by the next call, or replace one.
void require_outside(const std::filesystem::path& pictures, const std::filesystem::path& out);

// Error::untrusted (30) when `path` is not UTF-8: no JSON file can name it.
void require_utf8_path(const std::filesystem::path& path);

}  // namespace ersatz::generate
