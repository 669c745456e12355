// Words that are one id wherever they stand in a prompt: what textual inversion adds.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
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
  std::vector<std::pair<std::string, std::int64_t>> tokens_;  // longest first
  std::array<bool, 256> starts_{};                            // with this byte
};

}  // namespace ersatz::generate
