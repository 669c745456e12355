#include "generate/diffusion/compel_weights.h"

#include <cmath>

namespace ersatz::generate {

namespace {

constexpr double kPlus = 1.1;
constexpr double kMinus = 0.9;

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_sign(char c) { return c == '+' || c == '-'; }

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

// A run of one sign at `at` that a weight can end with: moves behind it.
bool read_signs(std::string_view text, std::size_t& at, double& weight) {
  constexpr std::string_view kMayFollow = "),.;:!?";
  if (at == text.size() || !is_sign(text[at])) return false;
  std::size_t end = at;
  while (end < text.size() && text[end] == text[at]) ++end;
  if (end < text.size() && !is_space(text[end]) && kMayFollow.find(text[end]) == kMayFollow.npos) {
    return false;
  }
  weight = std::pow(text[at] == '+' ? kPlus : kMinus, static_cast<double>(end - at));
  at = end;
  return true;
}

bool read_bracket_weight(std::string_view text, std::size_t& at, double& weight) {
  if (read_signs(text, at, weight)) return true;
  std::size_t end = at;
  if (at == text.size() || is_sign(text[at])) return false;
  // The full stop of a sentence is not part of the number.
  while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || text[end] == '.')) ++end;
  while (end > at && text[end - 1] == '.') --end;
  std::size_t stop = at;
  if (!read_weight(text.substr(0, end), stop, weight) || stop != end) return false;
  at = end;
  return true;
}

}  // namespace

std::vector<WeightedText> parse_compel_weights(std::string_view prompt) {
  WeightedPieces pieces;
  std::vector<std::size_t> open;  // the pieces that are opening brackets
  std::string word;               // what signs would weight
  const auto end_word = [&] {
    pieces.append(word);
    word.clear();
  };
  for (std::size_t at = 0; at < prompt.size();) {
    const char c = prompt[at];
    double weight = 1;
    if (c == '\\' && at + 1 < prompt.size() &&
        std::string_view("()+-\\").find(prompt[at + 1]) != std::string_view::npos) {
      word += prompt[at + 1];
      at += 2;
    } else if (c == '(' && open.size() < kDeepestBrackets) {
      end_word();
      open.push_back(pieces.size());
      pieces.append("(");
      ++at;
    } else if (c == ')') {
      end_word();
      ++at;
      if (open.empty() || !read_bracket_weight(prompt, at, weight)) {
        pieces.append(")");
      } else {
        pieces.erase_text(open.back());
        pieces.scale_from(open.back(), weight);
      }
      if (!open.empty()) open.pop_back();
    } else if (!word.empty() && is_word(prompt[at - 1]) && read_signs(prompt, at, weight)) {
      const std::size_t first = pieces.size();
      end_word();
      pieces.scale_from(first, weight);
    } else if (is_space(c)) {
      end_word();
      pieces.append(prompt.substr(at++, 1));
    } else {
      word += c;
      ++at;
    }
  }
  end_word();
  return pieces.joined();
}

}  // namespace ersatz::generate
