#include "cli/pattern.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace ersatz::cli {
namespace {

// std::regex recurses for every character of the pattern and of the name.
constexpr std::size_t kMaxPattern = 1000;  // bytes
constexpr std::ptrdiff_t kMaxName = 2000;

}  // namespace

Pattern::Pattern(const std::string& text) : everything_(text.empty()) {
  if (everything_) return;  // compiling a regular expression is the slowest part of `list`
  if (text.size() > kMaxPattern) {
    throw core::Error::usage(
        fmt::format("a regular expression of {} bytes: {} are the most", text.size(), kMaxPattern));
  }
  try {
    regex_ = std::regex(text, std::regex::ECMAScript | std::regex::icase);
  } catch (const std::regex_error& error) {
    throw core::Error::usage(
        fmt::format("'{}' is not a regular expression: {}", text, error.what()),
        "put a backslash before characters that are meant literally");
  }
}

bool Pattern::matches(const std::string& name) const {
  if (everything_) return true;
  const auto length = std::min(static_cast<std::ptrdiff_t>(name.size()), kMaxName);
  return std::regex_search(name.begin(), name.begin() + length, regex_);
}

}  // namespace ersatz::cli
