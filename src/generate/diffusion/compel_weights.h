// Weights in prompts as compel (InvokeAI) writes them.
#pragma once

#include <string_view>
#include <vector>

#include "generate/diffusion/weighted_pieces.h"

namespace ersatz::generate {

// The notation of compel (InvokeAI): word+ weighs 1.1 times as much, word++ 1.1^2 times, word- 0.9
// times, word-- 0.9^2 times; after brackets, (some words)++, the same for several words, and
// (some words)1.3 gives the number; nested weights multiply. Signs count at the end of a word,
// before white space, a bracket that closes or one of , . ; : ! ?: "black-and-white" and "a - b"
// are text. Brackets without a weight, or without a partner, are text. A backslash before
// ( ) + - or \ makes it an ordinary character.
std::vector<WeightedText> parse_compel_weights(std::string_view prompt);

}  // namespace ersatz::generate
