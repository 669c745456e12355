// Text that somebody else wrote, made fit for messages and terminals.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ersatz::core {

// Well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);

// Control characters (C0, DEL, C1) and bytes that are not UTF-8 as \xNN, so that no text can move
// the cursor, hide what was printed or give a terminal commands. Cut with "..." after `longest`
// bytes; line breaks and tabs stay when `keep_lines`.
std::string printable(std::string_view bytes, std::size_t longest = 120, bool keep_lines = false);

}  // namespace ersatz::core
