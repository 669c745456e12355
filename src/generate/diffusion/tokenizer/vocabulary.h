// The tokens of a byte-level BPE vocabulary and the merges that make them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ersatz::generate {

// What stands behind the last character of a word.
inline constexpr std::string_view kEndOfWord = "</w>";

struct Merge {
  std::int32_t left = 0, right = 0;  // ids that become one where they stand side by side
  std::int32_t merged = 0;
};

struct Vocabulary {
  std::vector<std::string> tokens;  // by id, in the byte alphabet
  std::unordered_map<std::string, std::int32_t> ids;
  std::vector<Merge> merges;  // the first is done first

  // The id of a token, -1 for none.
  std::int32_t find(const std::string& token) const;
  // Gives `token` the next id; false when it has one.
  bool append(const std::string& token);
};

// A token in quotes, as JSON writes it in ASCII: for messages.
std::string json_quoted(std::string_view token);

}  // namespace ersatz::generate
