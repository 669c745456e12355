// A regular expression over UTF-8 text with Unicode properties (PCRE2).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ersatz::generate {

class Pattern {
 public:
  // Error::internal when `pattern` is not one: patterns are ours, not the user's.
  explicit Pattern(const std::string& pattern);
  ~Pattern();
  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;

  // All matches from left to right; they are views of `text`, which must be UTF-8. Safe to call
  // from several threads.
  std::vector<std::string_view> find_all(std::string_view text) const;

  // `text` as a pattern that matches exactly it.
  static std::string quote(std::string_view text);

 private:
  struct Code;
  std::unique_ptr<Code> code_;
};

}  // namespace ersatz::generate
