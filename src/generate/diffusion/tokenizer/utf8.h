// UTF-8 to code points and back: strictly for what users write, with replacement for what models
// produce.
#pragma once

#include <string>
#include <string_view>

namespace ersatz::generate {

// The code points of `text`. Error::usage naming the byte when it is not UTF-8; overlong forms,
// surrogates and values above U+10FFFF are not. `what` names the text ("prompt").
std::u32string decode_utf8(std::string_view text, std::string_view what);

void append_utf8(char32_t code_point, std::string& text);
std::string encode_utf8(const std::u32string& code_points);

// Every maximal ill-formed part becomes one U+FFFD (The Unicode Standard 15.0, section 3.9,
// "U+FFFD Substitution of Maximal Subparts").
std::string replace_invalid_utf8(std::string_view bytes);

// The Unicode property White_Space.
bool is_white_space(char32_t code_point);

}  // namespace ersatz::generate
