// A regular expression somebody typed.
#pragma once

#include <regex>
#include <string>

namespace ersatz::cli {

class Pattern {
 public:
  // ECMAScript syntax, case ignored; empty matches everything. Error::usage when malformed or
  // longer than 1000 bytes.
  explicit Pattern(const std::string& text);

  // Whether any part of `name`, of which 2000 bytes are searched, matches.
  bool matches(const std::string& name) const;

 private:
  bool everything_;
  std::regex regex_;
};

}  // namespace ersatz::cli
