#include "generate/diffusion/tokenizer/added_tokens.h"

#include <algorithm>
#include <cstddef>

namespace ersatz::generate {

void AddedTokens::add(const std::string& text, std::int64_t id) {
  const auto shorter = std::find_if(tokens_.begin(), tokens_.end(), [&](const auto& token) {
    return token.first.size() < text.size();
  });
  tokens_.insert(shorter, {text, id});
  starts_[static_cast<unsigned char>(text.front())] = true;
}

bool AddedTokens::contains(std::string_view text) const {
  return std::any_of(tokens_.begin(), tokens_.end(),
                     [&](const auto& token) { return token.first == text; });
}

std::vector<AddedTokens::Part> AddedTokens::split(std::string_view text) const {
  std::vector<Part> parts;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (!starts_[static_cast<unsigned char>(text[at])]) {
      ++at;
      continue;
    }
    const auto here = std::find_if(tokens_.begin(), tokens_.end(), [&](const auto& token) {
      return text.compare(at, token.first.size(), token.first) == 0;
    });
    if (here == tokens_.end()) {
      ++at;
      continue;
    }
    if (at > begin) parts.push_back({text.substr(begin, at - begin), -1});
    parts.push_back({text.substr(at, here->first.size()), here->second});
    at += here->first.size();
    begin = at;
  }
  if (begin < text.size()) parts.push_back({text.substr(begin), -1});
  return parts;
}

}  // namespace ersatz::generate
