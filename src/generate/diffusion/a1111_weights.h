// Weights in prompts as AUTOMATIC1111's web interface writes them.
#pragma once

#include <string_view>
#include <vector>

#include "generate/diffusion/weighted_pieces.h"

namespace ersatz::generate {

// The notation of AUTOMATIC1111's web interface: (words) weighs 1.1 times as much, [words] 1/1.1
// times, (words:1.4) 1.4 times; nested weights multiply. \( \) \[ \] \\ are the characters
// themselves; any other backslash disappears. A bracket that is not closed reaches to the end; one
// that closes nothing, and a ":1.4)" outside round brackets, is text. A number is digits and a
// point with an optional sign: in (words:high) the colon is text.
// Neighbours of equal weight are joined; an empty prompt is one empty piece of weight 1.
std::vector<WeightedText> parse_a1111_weights(std::string_view prompt);

}  // namespace ersatz::generate
