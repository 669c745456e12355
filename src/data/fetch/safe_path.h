// Which relative paths are let near the file system when somebody else chose them: names in
// manifests and inside archives.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ersatz::data {

// UTF-8 to code points; nullopt for malformed text (overlong forms, surrogates, > U+10FFFF).
std::optional<std::u32string> decode_utf8(std::string_view bytes);

// Why `path` is refused as a relative destination ("climbs out with '..'"), or empty when it is
// fine: '/'-separated, relative, without empty, '.' or '..' components, valid UTF-8 without control
// characters and backslashes, components of at most 255 bytes, 1024 bytes in all.
std::string unsafe_path_reason(std::string_view path);

}  // namespace ersatz::data
