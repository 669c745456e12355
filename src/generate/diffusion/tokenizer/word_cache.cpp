#include "generate/diffusion/tokenizer/word_cache.h"

#include <cstddef>

namespace ersatz::generate {

namespace {

constexpr std::size_t kMaxWords = 1 << 16;
constexpr std::size_t kMaxWordBytes = 64;

}  // namespace

bool WordCache::append(const std::string& word, std::vector<std::int64_t>& ids) const {
  const std::lock_guard lock(mutex_);
  const auto found = words_.find(word);
  if (found == words_.end()) return false;
  ids.insert(ids.end(), found->second.begin(), found->second.end());
  return true;
}

void WordCache::remember(const std::string& word, const std::int64_t* begin,
                         const std::int64_t* end) {
  if (word.size() > kMaxWordBytes) return;
  const std::lock_guard lock(mutex_);
  if (words_.size() < kMaxWords) words_.emplace(word, std::vector<std::int64_t>(begin, end));
}

}  // namespace ersatz::generate
