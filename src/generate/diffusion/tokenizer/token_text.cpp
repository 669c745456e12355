#include "generate/diffusion/tokenizer/token_text.h"

#include <array>
#include <utility>

#include "generate/diffusion/tokenizer/byte_alphabet.h"
#include "generate/diffusion/tokenizer/utf8.h"
#include "generate/diffusion/tokenizer/vocabulary.h"

namespace ersatz::generate {

namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  std::string result;
  std::size_t begin = 0;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, begin)) {
    result.append(text, begin, at - begin).append(to);
    begin = at + from.size();
  }
  if (begin == 0) return;
  text = std::move(result.append(text, begin));
}

// White space as Python's str.strip has it.
bool is_blank(char32_t c) { return is_white_space(c) || (c >= 0x1C && c <= 0x1F); }

std::string stripped(const std::string& text) {
  const std::u32string characters = decode_utf8(text, "decoded text");
  std::size_t begin = 0, end = characters.size();
  while (begin < end && is_blank(characters[begin])) ++begin;
  while (end > begin && is_blank(characters[end - 1])) --end;
  return encode_utf8(characters.substr(begin, end - begin));
}

}  // namespace

std::string text_of_spelling(std::string_view spelling) {
  std::string text = replace_invalid_utf8(spelled_bytes(spelling));
  replace_all(text, kEndOfWord, " ");
  return stripped(text);
}

std::string tidy_punctuation(std::string text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kRules = {{
      {" .", "."},
      {" ?", "?"},
      {" !", "!"},
      {" ,", ","},
      {" ' ", "'"},
      {" n't", "n't"},
      {" 'm", "'m"},
      {" 's", "'s"},
      {" 've", "'ve"},
      {" 're", "'re"},
  }};
  for (const auto& [from, to] : kRules) replace_all(text, from, to);
  return text;
}

}  // namespace ersatz::generate
