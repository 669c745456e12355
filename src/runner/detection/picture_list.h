// Which pictures are looked at, and what COCO's files call them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ersatz::runner {

struct ListedPicture {
  std::filesystem::path path;
  std::string name;     // below the folder it was found in, '/'-separated
  std::int64_t id = 0;  // image_id in results.json
};

// Files and the pictures of folders, by name; ids 1, 2, ... What lies in `out`, the folder that
// results go to, is left out of a folder. Error::missing for none, Error::usage for a name twice
// and for what is given and lies in `out`, Error::untrusted for a name that is not UTF-8; errors as
// generate::picture_files.
std::vector<ListedPicture> list_pictures(const std::vector<std::string>& paths,
                                         const std::filesystem::path& out);

// The pictures that a COCO file names, below `folder`, with its ids. Error::missing for one that is
// not there, Error::untrusted for a file that has no pictures or leads out of the folder,
// Error::usage for a folder that lies in `out`.
std::vector<ListedPicture> list_pictures_of(const std::filesystem::path& truth,
                                            const std::filesystem::path& folder,
                                            const std::filesystem::path& out);

// Class index -> category id: 1, 2, ... without `truth`, otherwise the category of the same name;
// classes that the file does not have are left out.
std::map<std::int64_t, std::int64_t> category_ids(const std::vector<std::string>& classes,
                                                  const std::filesystem::path& truth);

}  // namespace ersatz::runner
