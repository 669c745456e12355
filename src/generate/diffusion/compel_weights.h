// Weights in prompts as compel (github.com/damian0815/compel, the prompt library of InvokeAI) reads
// them. What is matched is compel 2.x with its defaults: the syntax of its PromptParser as far as
// weights go, and (in prompt_encoder.cpp and hidden_weights.h) the arithmetic of its
// EmbeddingsProvider with downweight_mode MASK, which is the default since 1.0.0. Before 1.0.0,
// words of low weight were left out of the prompt instead of masked, which moved all words behind
// them.
#pragma once

#include <string_view>
#include <vector>

#include "generate/diffusion/weighted_pieces.h"

namespace ersatz::generate {

// word+ weighs 1.1 times as much, word++ 1.1^2 times, word- 0.9 times, word-- 0.9^2 times; after
// brackets or double quotes, (some words)++, the same for several words, and (some words)1.3 gives
// the number; nested weights multiply. A sign inside a word is text ("hot-dog"), and so are signs
// that stand alone ("a - b"). Brackets and quotes that are closed are not text, with or without a
// weight; those that are not closed are, with the rest of their word. A backslash before one of
// ( ) " + - makes it an ordinary character.
//
// Pieces of equal weight that follow each other are one, joined by a space. Not understood, but
// taken as text: .attend(), .swap(), .blend(), .and(), withLora().
std::vector<WeightedText> parse_compel_weights(std::string_view prompt);

}  // namespace ersatz::generate
