// The text beside the picture in a PNG file: how images tell how they were made.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace ersatz::data {

// Keyword -> text (UTF-8) of the tEXt and uncompressed iTXt chunks of a PNG file; compressed ones
// are left out. Of several with one keyword the first counts. Walks over the chunks without
// decoding the picture. Error::untrusted when the file is not a whole PNG: a chunk is cut, a
// checksum is wrong, the end is missing. `file` is only named in errors.
std::map<std::string, std::string> png_texts(std::string_view bytes,
                                             const std::filesystem::path& file);

}  // namespace ersatz::data
