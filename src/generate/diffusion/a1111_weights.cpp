#include "generate/diffusion/a1111_weights.h"

namespace ersatz::generate {

namespace {

constexpr double kRound = 1.1;
constexpr double kSquare = 1 / 1.1;
constexpr std::string_view kSpecial = "\\()[]:";

void skip_spaces(std::string_view text, std::size_t& at) {
  while (at < text.size() && (text[at] == ' ' || (text[at] >= '\t' && text[at] <= '\r'))) ++at;
}

// ":1.4)" at `at`: moves behind it.
bool read_closing_weight(std::string_view text, std::size_t& at, double& weight) {
  std::size_t end = at + 1;
  skip_spaces(text, end);
  if (!read_weight(text, end, weight)) return false;
  skip_spaces(text, end);
  if (end == text.size() || text[end] != ')') return false;
  at = end + 1;
  return true;
}

}  // namespace

std::vector<WeightedText> parse_a1111_weights(std::string_view prompt) {
  WeightedPieces pieces;
  std::vector<std::size_t> round, square;  // the first pieces inside the open brackets
  const auto close = [&](std::vector<std::size_t>& open, double factor) {
    pieces.scale_from(open.back(), factor);
    open.pop_back();
  };
  for (std::size_t at = 0; at < prompt.size();) {
    const char c = prompt[at];
    double weight = 1;
    if (c == '\\') {
      const bool escapes =
          at + 1 < prompt.size() && kSpecial.substr(0, 5).find(prompt[at + 1]) != kSpecial.npos;
      if (escapes) pieces.append(prompt.substr(at + 1, 1));
      at += escapes ? 2 : 1;
    } else if (c == '(' && round.size() < kDeepestBrackets) {
      round.push_back(pieces.size());
      ++at;
    } else if (c == '[' && square.size() < kDeepestBrackets) {
      square.push_back(pieces.size());
      ++at;
    } else if (c == ':' && !round.empty() && read_closing_weight(prompt, at, weight)) {
      close(round, weight);
    } else if (c == ')' && !round.empty()) {
      close(round, kRound);
      ++at;
    } else if (c == ']' && !square.empty()) {
      close(square, kSquare);
      ++at;
    } else {
      std::size_t end = prompt.find_first_of(kSpecial, at + 1);
      if (end == std::string_view::npos) end = prompt.size();
      pieces.append(prompt.substr(at, end - at));
      at = end;
    }
  }
  while (!round.empty()) close(round, kRound);
  while (!square.empty()) close(square, kSquare);
  return pieces.joined();
}

}  // namespace ersatz::generate
