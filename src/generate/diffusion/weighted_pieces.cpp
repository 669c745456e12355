#include "generate/diffusion/weighted_pieces.h"

#include <charconv>
#include <system_error>

namespace ersatz::generate {

void WeightedPieces::scale_from(std::size_t first, double factor) {
  for (std::size_t i = first; i < pieces_.size(); ++i) pieces_[i].weight *= factor;
}

std::vector<WeightedText> WeightedPieces::joined() const {
  std::vector<WeightedText> result;
  for (const WeightedText& piece : pieces_) {
    if (piece.text.empty()) continue;
    if (!result.empty() && result.back().weight == piece.weight) {
      result.back().text += piece.text;
    } else {
      result.push_back(piece);
    }
  }
  if (result.empty()) result.emplace_back();
  return result;
}

bool read_weight(std::string_view text, std::size_t& at, double& weight) {
  std::size_t end = at;
  if (end < text.size() && (text[end] == '+' || text[end] == '-')) ++end;
  const std::size_t digits = end;
  while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || text[end] == '.')) ++end;
  // from_chars knows no plus sign, and must not see an exponent behind the digits.
  const char* const begin = text.data() + (at < digits && text[at] == '+' ? digits : at);
  const auto [stop, error] = std::from_chars(begin, text.data() + end, weight);
  if (error != std::errc() || stop != text.data() + end || end == digits) return false;
  at = end;
  return true;
}

}  // namespace ersatz::generate
