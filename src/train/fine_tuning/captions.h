// What is in the pictures of a folder, one sentence for each.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ersatz::train {

// For each of `pictures` (names below `folder`) its caption, in that order. From `folder`/
// metadata.jsonl where there is one (the imagefolder format: {"file_name": "a.png", "text": "a
// red car"} on each line), otherwise from the UTF-8 text file beside each picture (a.txt for
// a.png). White space around a caption is dropped.
//
// Error::missing naming the picture that has no caption; Error::at_line (exit 2) for a line that is
// no such object, names a picture that is not there or names one twice; Error::untrusted for a
// caption that is empty or not UTF-8.
std::vector<std::string> read_captions(const std::filesystem::path& folder,
                                       const std::vector<std::string>& pictures);

}  // namespace ersatz::train
