#include "core/toml.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "core/error.h"
#include "core/file_system.h"
#include "core/suggest.h"

namespace ersatz::core {
namespace {

// Tables nested by dotted keys have no limit in toml++, and whoever walks them does so by
// recursion. Values in values end at 256 there.
constexpr int kMaxKeyParts = 16;

// Finds keys of many parts ("a.b.c", also in headers) without building anything.
class KeyScan {
 public:
  KeyScan(std::string_view text, const std::filesystem::path& file) : text_(text), file_(file) {}

  void refuse_long_keys() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        quoted(c);
      } else if (is_bare(c)) {
        while (at_ < text_.size() && is_bare(text_[at_])) ++at_;
        part();
      } else if (c == '.') {
        dot_ = true;
        ++at_;
      } else {
        if (c == '#') at_ = std::min(text_.find('\n', at_), text_.size() - 1);
        // White space may surround the dots.
        if (c != ' ' && c != '\t') parts_ = 0;
        ++at_;
      }
    }
  }

 private:
  static bool is_bare(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  }

  void part() {
    parts_ = dot_ ? parts_ + 1 : 1;
    dot_ = false;
    if (parts_ <= kMaxKeyParts) return;
    const auto line =
        std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
    throw Error::at_line(file_, static_cast<std::uint32_t>(line + 1),
                         fmt::format("a key of more than {} parts", kMaxKeyParts));
  }

  // A string, which is a part of a key unless it has several lines.
  void quoted(char quote) {
    const std::string three(3, quote);
    if (text_.substr(at_, 3) == three) {
      for (at_ += 3; at_ < text_.size() && text_.substr(at_, 3) != three; ++at_) {
        if (quote == '"' && text_[at_] == '\\') ++at_;
      }
      at_ = std::min(at_ + 3, text_.size());
      // Up to two quotes more belong to the text.
      for (int i = 0; i < 2 && at_ < text_.size() && text_[at_] == quote; ++i) ++at_;
      parts_ = 0;
      return;
    }
    for (++at_; at_ < text_.size() && text_[at_] != quote && text_[at_] != '\n'; ++at_) {
      if (quote == '"' && text_[at_] == '\\') ++at_;
    }
    if (at_ < text_.size()) ++at_;
    part();
  }

  std::string_view text_;
  const std::filesystem::path& file_;
  std::size_t at_ = 0;
  int parts_ = 0;
  bool dot_ = false;
};

}  // namespace

toml::table read_toml(const std::filesystem::path& path) {
  const std::string text = read_file(path, std::uint64_t{16} << 20);
  KeyScan(text, path).refuse_long_keys();
  try {
    return toml::parse(text, path.string());
  } catch (const toml::parse_error& error) {
    throw Error::at_line(path, static_cast<std::uint32_t>(error.source().begin.line),
                         std::string(error.description()));
  }
}

std::uint32_t toml_line(const toml::node& node) {
  return static_cast<std::uint32_t>(node.source().begin.line);
}

void refuse_unknown_keys(const std::filesystem::path& path, const toml::table& table,
                         const std::vector<std::string>& allowed, std::string_view what) {
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) continue;
    const std::string suggestion = nearest_name(name, allowed);
    throw Error::at_line(path, static_cast<std::uint32_t>(key.source().begin.line),
                         fmt::format("unknown key '{}' in {}", name, what),
                         suggestion.empty() ? "" : fmt::format("did you mean '{}'?", suggestion));
  }
}

}  // namespace ersatz::core
