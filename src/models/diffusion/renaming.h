// Renaming of dotted names by their leading parts.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ersatz::models {

class Renaming {
 public:
  // Names that are `from` or begin with "from." get `to` in its place.
  void add(std::string from, std::string to) { table_.emplace(std::move(from), std::move(to)); }

  // By the longest entry that fits; nothing when there is none.
  std::optional<std::string> apply(std::string_view name) const {
    for (std::size_t end = name.size();; end = name.rfind('.', end - 1)) {
      if (end == std::string_view::npos) return std::nullopt;
      const auto found = table_.find(name.substr(0, end));
      if (found != table_.end()) return found->second + std::string(name.substr(end));
      if (end == 0) return std::nullopt;
    }
  }

 private:
  std::map<std::string, std::string, std::less<>> table_;
};

}  // namespace ersatz::models
