#include "cli/pattern.h"

#include <fmt/format.h>

#include "core/error.h"

namespace ersatz::cli {

Pattern::Pattern(const std::string& text) : everything_(text.empty()) {
  if (everything_) return;  // compiling a regular expression is the slowest part of `list`
  try {
    regex_ = std::regex(text, std::regex::ECMAScript | std::regex::icase);
  } catch (const std::regex_error& error) {
    throw core::Error::usage(
        fmt::format("'{}' is not a regular expression: {}", text, error.what()),
        "put a backslash before characters that are meant literally");
  }
}

bool Pattern::matches(const std::string& name) const {
  return everything_ || std::regex_search(name, regex_);
}

}  // namespace ersatz::cli
