#include "generate/diffusion/prompt_fragments.h"

namespace ersatz::generate {

std::vector<std::int64_t> joined_ids(const PromptFragments& fragments) {
  std::vector<std::int64_t> ids;
  for (const PromptFragment& fragment : fragments) {
    ids.insert(ids.end(), fragment.ids.begin(), fragment.ids.end());
  }
  return ids;
}

std::vector<double> place_weights(const PromptFragments& fragments, std::int64_t length) {
  std::vector<double> weights(static_cast<std::size_t>(length), 1.0);
  std::size_t place = 1;
  for (const PromptFragment& fragment : fragments) {
    for (std::size_t i = 0; i < fragment.ids.size() && place + 1 < weights.size(); ++i) {
      weights[place++] = fragment.weight;
    }
  }
  return weights;
}

PlaceRange fragment_places(const PromptFragments& fragments, std::size_t index,
                           std::int64_t length) {
  std::int64_t begin = 1;
  for (std::size_t i = 0; i < index; ++i) {
    begin += static_cast<std::int64_t>(fragments[i].ids.size());
  }
  const std::int64_t end = begin + static_cast<std::int64_t>(fragments[index].ids.size());
  if (begin == end || begin >= length - 1) return {};
  return {begin, end > length - 1 ? length : end};
}

}  // namespace ersatz::generate
