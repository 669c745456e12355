// The new word in a tokenizer, and the sentences it is learned from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "generate/diffusion/tokenizer/clip_tokenizer.h"

namespace ersatz::train {

struct Placeholder {
  std::vector<std::int64_t> ids;  // one for each vector, behind the vocabulary's own
  std::int64_t initializer = 0;   // the id whose row the vectors begin as
  std::string text;               // how prompts spell all of it: "<x> <x>_1 <x>_2"
};

// Adds the tokens <token>, <token>_1, ... to `tokenizer`. Error::usage when `token` is blank, holds
// white space or is not UTF-8, is known to the vocabulary (as a token or as a word of one token),
// when `initializer` is not exactly one token, and for a number of vectors outside 1 .. 75.
Placeholder add_placeholder(generate::ClipTokenizer& tokenizer, const std::string& token,
                            const std::string& initializer, std::int64_t vectors);

// The templates with the placeholder in them. Error::usage naming the one that is longer than
// `length` tokens, so that something of it would be cut, and the one in which the token stands
// where nobody put it: added tokens are found inside words too.
std::vector<std::string> placeholder_prompts(const generate::ClipTokenizer& tokenizer,
                                             const Placeholder& placeholder,
                                             const std::vector<std::string>& templates,
                                             std::int64_t length);

}  // namespace ersatz::train
