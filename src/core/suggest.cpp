#include "core/suggest.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ersatz::core {
namespace {

char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr std::size_t kMaxCompared = 256;  // bytes
constexpr std::size_t kMaxListed = 400;    // bytes

// "one of: a, b, c", with an ellipsis where they are too many; empty without names.
std::string choices(const std::vector<std::string>& known) {
  std::string list;
  for (const std::string& name : known) {
    const std::string_view separator = list.empty() ? "one of: " : ", ";
    if (list.size() + separator.size() + name.size() > kMaxListed) {
      return list.empty() ? list : list + ", ...";
    }
    list.append(separator).append(name);
  }
  return list;
}

}  // namespace

int edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the table: the current one and the two above it.
  const std::size_t m = b.size();
  std::vector<int> above2, above(m + 1), row(m + 1);
  for (std::size_t j = 0; j <= m; ++j) above[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= m; ++j) {
      const int cost = fold(a[i - 1]) == fold(b[j - 1]) ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + cost});
      if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1])) {
        row[j] = std::min(row[j], above2[j - 2] + 1);
      }
    }
    above2 = std::exchange(above, std::exchange(row, std::vector<int>(m + 1)));
  }
  return above[m];
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  std::string best;
  // Names come from files: what no one would type is not compared, which takes the product of both
  // lengths.
  if (name.size() > kMaxCompared) return best;
  int best_distance = std::max(2, static_cast<int>(name.size()) / 3) + 1;
  for (const std::string& candidate : known) {
    if (candidate.size() > kMaxCompared) continue;
    int distance = edit_distance(name, candidate);
    // "steps" should find "classifier.steps": a missing prefix counts as one edit.
    const std::size_t dot = candidate.rfind('.');
    if (dot != std::string::npos) {
      distance =
          std::min(distance, 1 + edit_distance(name, std::string_view(candidate).substr(dot + 1)));
    }
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

Error unknown_name(std::string_view what, std::string_view name,
                   const std::vector<std::string>& known) {
  const std::string nearest = nearest_name(name, known);
  if (!nearest.empty()) return Error::unknown(what, name, nearest);
  return Error::usage(fmt::format("unknown {} '{}'", what, name), choices(known));
}

}  // namespace ersatz::core
