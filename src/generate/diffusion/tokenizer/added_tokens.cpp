#include "generate/diffusion/tokenizer/added_tokens.h"

#include <cstddef>

namespace ersatz::generate {

void AddedTokens::add(const std::string& text, std::int64_t id) {
  tokens_[text.size()].emplace(text, id);
  starts_[static_cast<unsigned char>(text.front())] = true;
}

bool AddedTokens::contains(std::string_view text) const {
  const auto as_long = tokens_.find(text.size());
  return as_long != tokens_.end() && as_long->second.count(text) > 0;
}

const AddedTokens::Token* AddedTokens::longest_at(std::string_view text) const {
  for (auto as_long = tokens_.lower_bound(text.size()); as_long != tokens_.end(); ++as_long) {
    const auto found = as_long->second.find(text.substr(0, as_long->first));
    if (found != as_long->second.end()) return &*found;
  }
  return nullptr;
}

std::vector<AddedTokens::Part> AddedTokens::split(std::string_view text) const {
  std::vector<Part> parts;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Token* const here =
        starts_[static_cast<unsigned char>(text[at])] ? longest_at(text.substr(at)) : nullptr;
    if (here == nullptr) {
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
