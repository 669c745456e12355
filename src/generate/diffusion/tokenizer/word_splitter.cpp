#include "generate/diffusion/tokenizer/word_splitter.h"

namespace ersatz::generate {

namespace {

std::string word_pattern(const std::vector<std::string>& special_tokens) {
  std::string pattern;
  for (const std::string& token : special_tokens) pattern += Pattern::quote(token) + "|";
  // After normalisation the only white space is U+0020. PCRE2's own \s would also take U+180E.
  return pattern + "'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^ \\p{L}\\p{N}]+";
}

}  // namespace

WordSplitter::WordSplitter(const std::vector<std::string>& special_tokens)
    : words_(word_pattern(special_tokens)) {}

}  // namespace ersatz::generate
