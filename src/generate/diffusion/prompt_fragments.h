// A prompt as tokens with weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ersatz::generate {

// Tokens of one weight that stand side by side, without BOS and EOS.
struct PromptFragment {
  std::vector<std::int64_t> ids;
  double weight = 1;
};

using PromptFragments = std::vector<PromptFragment>;

// All ids in order.
std::vector<std::int64_t> joined_ids(const PromptFragments& fragments);

// A weight for each of `length` places: 1 for BOS, then those of the tokens as far as they fit
// before the last place, then 1.
std::vector<double> place_weights(const PromptFragments& fragments, std::int64_t length);

PromptFragments without(const PromptFragments& fragments, std::size_t index);

}  // namespace ersatz::generate
