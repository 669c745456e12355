// Tokens back to text.
#pragma once

#include <string>
#include <string_view>

namespace ersatz::generate {

// The text of successive tokens' joined spellings: bytes, ends of words as spaces, blanks at both
// ends dropped; bytes that are not UTF-8 become U+FFFD.
std::string text_of_spelling(std::string_view spelling);

// What transformers' decode does at last: no space before . ? ! , n't 'm 's 've 're nor around a
// lone apostrophe.
std::string tidy_punctuation(std::string text);

}  // namespace ersatz::generate
