// What CLIP's fast tokenizer does to a prompt before it looks at words.
#pragma once

#include <string>
#include <string_view>

namespace ersatz::generate {

// Normalisation form C, every run of white space one space, lower case (full mappings; a sigma at
// the end of a word becomes final). Blank ends, and there also the separators U+001C .. U+001F, are
// dropped. Nothing is repaired or unescaped. Error::usage when `text` is not UTF-8.
std::string normalise_prompt(std::string_view text);

}  // namespace ersatz::generate
