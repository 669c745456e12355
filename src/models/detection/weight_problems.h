// What is wrong with a detector's weights, for a message.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace ersatz::models {

// Appends "; 12 missing: a, b, ..." with the first ten names; nothing without names.
inline void add_list(std::string& text, const char* what, const std::vector<std::string>& names) {
  if (names.empty()) return;
  constexpr std::size_t kShown = 10;
  const std::vector<std::string> shown(
      names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, names.size())));
  text += fmt::format("{}{} {}: {}", text.empty() ? "" : "; ", names.size(), what,
                      fmt::join(shown, ", "));
  if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
}

}  // namespace ersatz::models
