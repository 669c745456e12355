// Remembers the ids of words: prompts repeat them.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace ersatz::generate {

class WordCache {
 public:
  // Appends the ids of `word` if they are known. Safe to call from several threads.
  bool append(const std::string& word, std::vector<std::int64_t>& ids) const;
  // Remembers them, unless the word is long or the cache full.
  void remember(const std::string& word, const std::int64_t* begin, const std::int64_t* end);

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::vector<std::int64_t>> words_;
};

}  // namespace ersatz::generate
