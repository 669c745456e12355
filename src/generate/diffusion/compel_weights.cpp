#include "generate/diffusion/compel_weights.h"

#include <cmath>
#include <optional>
#include <string>
#include <utility>

namespace ersatz::generate {

namespace {

constexpr double kPlus = 1.1;
constexpr double kMinus = 0.9;
// Brackets inside brackets; each level is a call.
constexpr int kMaxDepth = kDeepestBrackets;

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_sign(char c) { return c == '+' || c == '-'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Characters that end a word unless a backslash stands before them.
bool is_syntax(char c) { return std::string_view("()\",.+-=").find(c) != std::string_view::npos; }

// Removes the backslashes before what is an ordinary character because of them.
std::string without_escapes(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size() &&
                        std::string_view("()\"+-").find(text[i + 1]) != std::string_view::npos;
    if (escape) ++i;
    result += text[i];
  }
  return result;
}

using Pieces = std::vector<WeightedText>;

// A recursive descent that tries what compel's grammar (prompt_parser.build_parser_syntax) tries,
// in its order. Every function reads at `at` and moves behind what it read; without success nothing
// is read.
class CompelParser {
 public:
  explicit CompelParser(std::string_view text) : text_(text) {}

  Pieces prompt() {
    Pieces pieces;
    for (;;) {
      skip_spaces();
      if (done()) return pieces;
      const std::optional<Pieces> part = weighted_or_enclosed();
      append(pieces, part ? *part : Pieces{{rest_of_word(), 1.0}});
    }
  }

 private:
  bool done() const { return at_ == text_.size(); }
  char here() const { return text_[at_]; }
  void skip_spaces() {
    while (!done() && is_space(here())) ++at_;
  }
  static void append(Pieces& pieces, const Pieces& more) {
    pieces.insert(pieces.end(), more.begin(), more.end());
  }
  static Pieces scaled(Pieces pieces, double factor) {
    for (WeightedText& piece : pieces) piece.weight *= factor;
    return pieces;
  }

  // "(words)++", "word-", or brackets or quotes without a weight.
  std::optional<Pieces> weighted_or_enclosed() {
    if (std::optional<Pieces> inside = enclosed()) {
      const std::optional<double> weight = enclosed_weight();
      return weight ? scaled(*std::move(inside), *weight) : inside;
    }
    const std::size_t start = at_;
    if (const std::string_view word = this->word(); !word.empty()) {
      if (const std::optional<double> weight = signs()) {
        return Pieces{{without_escapes(word), *weight}};
      }
    }
    at_ = start;
    return std::nullopt;
  }

  std::optional<Pieces> enclosed() {
    if (done() || depth_ == kMaxDepth) return std::nullopt;
    const std::size_t start = at_;
    ++depth_;
    std::optional<Pieces> inside;
    if (here() == '(') {
      ++at_;
      inside = contents(text_.size());
      if (done() || here() != ')') inside.reset();
    } else if (here() == '"') {
      ++at_;
      const std::size_t end = closing_quote();
      if (end < text_.size()) {
        inside = contents(end);
        if (at_ != end) inside.reset();
      }
    }
    --depth_;
    at_ = inside ? at_ + 1 : start;
    return inside;
  }

  std::size_t closing_quote() const {
    std::size_t end = at_;
    while (end < text_.size() && text_[end] != '"' && text_[end] != '\n') {
      end += text_[end] == '\\' && end + 1 < text_.size() ? 2 : 1;
    }
    return end < text_.size() && text_[end] == '"' ? end : text_.size();
  }

  // What may stand inside brackets or quotes: as far as it goes, at most to `end`.
  Pieces contents(std::size_t end) {
    Pieces pieces;
    for (;;) {
      skip_spaces();
      if (at_ >= end) return pieces;
      if (const std::optional<Pieces> part = weighted_or_enclosed()) {
        append(pieces, *part);
      } else if (const std::string_view word = this->word(); !word.empty()) {
        pieces.push_back({without_escapes(word), 1.0});
      } else if (here() == ',' || here() == '.') {
        pieces.push_back({std::string(1, here()), 1.0});
        ++at_;
      } else {
        return pieces;
      }
    }
  }

  // Characters without a meaning; a sign has none before a character without a meaning.
  std::string_view word() {
    const std::size_t start = at_;
    while (!done() && !is_space(here())) {
      if (here() == '\\' && at_ + 1 < text_.size() && is_syntax(text_[at_ + 1])) {
        at_ += 2;
      } else if (is_sign(here())) {
        if (at_ + 1 == text_.size() || is_space(text_[at_ + 1]) || is_syntax(text_[at_ + 1])) break;
        ++at_;
      } else if (!is_syntax(here())) {
        ++at_;
      } else {
        break;
      }
    }
    return text_.substr(start, at_ - start);
  }

  // Everything up to the next space.
  std::string rest_of_word() {
    const std::size_t start = at_;
    while (!done() && !is_space(here())) ++at_;
    return without_escapes(text_.substr(start, at_ - start));
  }

  std::optional<double> signs() {
    if (done() || !is_sign(here())) return std::nullopt;
    const std::size_t start = at_;
    while (!done() && here() == text_[start]) ++at_;
    return std::pow(text_[start] == '+' ? kPlus : kMinus, static_cast<double>(at_ - start));
  }

  // Signs, or a number: 2, 1.3, 2. or .5
  std::optional<double> enclosed_weight() {
    if (const std::optional<double> weight = signs()) return weight;
    std::size_t end = at_, digits = 0;
    bool point = false;
    while (end < text_.size() && (is_digit(text_[end]) || (text_[end] == '.' && !point))) {
      point = point || text_[end] == '.';
      digits += is_digit(text_[end]) ? 1 : 0;
      ++end;
    }
    double weight = 0;
    std::size_t stop = at_;
    if (digits == 0 || !read_weight(text_.substr(0, end), stop, weight) || stop != end) {
      return std::nullopt;
    }
    at_ = end;
    return weight;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::vector<WeightedText> parse_compel_weights(std::string_view prompt) {
  Pieces joined;
  for (WeightedText& piece : CompelParser(prompt).prompt()) {
    if (piece.text.empty()) continue;
    if (!joined.empty() && joined.back().weight == piece.weight) {
      joined.back().text += " " + piece.text;
    } else {
      joined.push_back(std::move(piece));
    }
  }
  if (joined.empty()) joined.emplace_back();
  return joined;
}

}  // namespace ersatz::generate
