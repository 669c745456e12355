// Text that a file claims to hold.
#pragma once

#include <string>
#include <string_view>

namespace ersatz::models {

// Well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);

// Fit for an error message: control characters and bytes that are not UTF-8 as \xNN, cut at 120
// characters.
std::string printable(std::string_view bytes);

}  // namespace ersatz::models
