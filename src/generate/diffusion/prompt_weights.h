// Weights of parts of a prompt, in the notation that a user chose.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "generate/diffusion/weighted_pieces.h"

namespace ersatz::generate {

enum class PromptWeights {
  kOff,    // passed raw to the tokenizer
  kA1111,  // (word:1.4), (word), [word]; weighted hidden states, mean restored
  kCompel  // word++, (words)--, 1.1^n
};

// "off", "a1111", "compel"; Error::unknown otherwise.
PromptWeights prompt_weights_named(std::string_view name);

// The pieces of a prompt with their weights; never none, and never an error: what is not a weight
// is text. See a1111_weights.h and compel_weights.h.
std::vector<WeightedText> parse_prompt_weights(PromptWeights notation, std::string_view prompt);

}  // namespace ersatz::generate
