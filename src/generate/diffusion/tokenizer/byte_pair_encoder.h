// Byte pair encoding of single words (Sennrich et al. 2016, on bytes as in GPT-2).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "generate/diffusion/tokenizer/vocabulary.h"

namespace ersatz::generate {

class BytePairEncoder {
 public:
  // `unknown` stands for bytes that the vocabulary has no token for.
  BytePairEncoder(const Vocabulary& vocabulary, std::int32_t unknown);

  // Appends the ids of `word` (bytes, not empty). The pair that comes first in the list of merges
  // is merged first, the leftmost of equal ones. n log n in the length of the word.
  void encode(std::string_view word, std::vector<std::int64_t>& ids) const;

 private:
  struct Target {
    std::int32_t rank = 0, merged = 0;
  };
  const Target* find(std::int32_t left, std::int32_t right) const;

  std::array<std::int32_t, 256> inner_{}, last_{};  // ids of bytes in a word and at its end, or -1
  std::unordered_map<std::uint64_t, Target> merges_;
  std::int32_t unknown_;
};

}  // namespace ersatz::generate
