// Words that are one id wherever they stand in a prompt: what textual inversion adds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ersatz::generate {

class AddedTokens {
 public:
  // `text` is normalised and not empty.
  void add(const std::string& text, std::int64_t id);
  bool empty() const { return tokens_.empty(); }
  bool contains(std::string_view text) const;

  struct Part {
    std::string_view text;
    std::int64_t id = -1;  // -1: ordinary text
  };
  // `text` cut where added tokens stand, inside words too; from the left, the longest first.
  std::vector<Part> split(std::string_view text) const;

 private:
  using Tokens = std::map<std::string, std::int64_t, std::less<>>;
  using Token = Tokens::value_type;

  // The longest token that `text` begins with; null when there is none.
  const Token* longest_at(std::string_view text) const;

  std::map<std::size_t, Tokens, std::greater<>> tokens_;  // by length, longest first
  std::array<bool, 256> starts_{};                        // with this byte
};

}  // namespace ersatz::generate
