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

// The places [begin, end) of a fragment among `length`, first place 0 being BOS. Empty for a
// fragment without tokens and for one that lies behind the cut. One that is cut also has the last
// place, EOS, as compel has it.
struct PlaceRange {
  std::int64_t begin = 0, end = 0;
};
PlaceRange fragment_places(const PromptFragments& fragments, std::size_t index,
                           std::int64_t length);

}  // namespace ersatz::generate
