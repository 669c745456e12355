// Cuts a normalised prompt into the words that byte pairs are merged in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "generate/diffusion/tokenizer/pattern.h"

namespace ersatz::generate {

class WordSplitter {
 public:
  // `special_tokens` are words of their own where one starts ("<|endoftext|>"); as in CLIP, a run
  // of punctuation directly before one swallows its first characters.
  explicit WordSplitter(const std::vector<std::string>& special_tokens);

  // English contractions, runs of letters, single digits, runs of anything else; white space only
  // separates (Radford et al. 2021, CLIP's simple_tokenizer). `text` must be normalised.
  std::vector<std::string_view> split(std::string_view text) const { return words_.find_all(text); }

 private:
  Pattern words_;
};

}  // namespace ersatz::generate
