#include "generate/diffusion/tokenizer/prompt_normaliser.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/error.h"
#include "generate/diffusion/tokenizer/pattern.h"
#include "generate/diffusion/tokenizer/utf8.h"

namespace ersatz::generate {

namespace {

constexpr char32_t kCapitalSigma = 0x3A3, kFinalSigma = 0x3C2;
constexpr char32_t kCapitalDottedI = 0x130, kCombiningDot = 0x307;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::u32string compose(std::string_view text) {
  std::vector<utf8proc_int32_t> buffer(text.size());
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  const auto decompose = [&] {
    return utf8proc_decompose(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                              static_cast<utf8proc_ssize_t>(text.size()), buffer.data(),
                              static_cast<utf8proc_ssize_t>(buffer.size()), options);
  };
  utf8proc_ssize_t size = decompose();
  if (size > static_cast<utf8proc_ssize_t>(buffer.size())) {  // it needs more room
    buffer.resize(static_cast<std::size_t>(size));
    size = decompose();
  }
  if (size >= 0) size = utf8proc_normalize_utf32(buffer.data(), size, options);
  if (size < 0) {
    throw core::Error::internal(fmt::format("composing a prompt: {}", utf8proc_errmsg(size)));
  }
  return std::u32string(buffer.begin(), buffer.begin() + size);
}

// What is dropped at the ends beside white space: the information separators, white space to
// Python, which the reference ids were made with.
bool is_blank_end(char32_t c) { return is_white_space(c) || (c >= 0x1C && c <= 0x1F); }

std::u32string collapse_white_space(const std::u32string& text) {
  auto begin = text.begin(), end = text.end();
  while (begin != end && is_blank_end(*begin)) ++begin;
  while (end != begin && is_blank_end(*(end - 1))) --end;
  std::u32string result;
  for (; begin != end; ++begin) {
    if (!is_white_space(*begin)) {
      result.push_back(*begin);
    } else if (result.back() != U' ') {
      result.push_back(U' ');
    }
  }
  return result;
}

// Replaces capital sigmas at the end of words by final ones (The Unicode Standard, section 3.13,
// table 3-17, Final_Sigma: a cased letter before, none after, case-ignorable characters between).
std::u32string with_final_sigmas(const std::u32string& text) {
  static const Pattern final_sigma(
      "(?!\\p{Case_Ignorable})\\p{Cased}\\p{Case_Ignorable}*+\\K\\x{3A3}"
      "(?!\\p{Case_Ignorable}*+\\p{Cased})");
  std::string bytes = encode_utf8(text);
  std::string small;
  append_utf8(kFinalSigma, small);
  // Both sigmas are two bytes: positions stay.
  const std::string original = bytes;
  for (const std::string_view found : final_sigma.find_all(original)) {
    bytes.replace(static_cast<std::size_t>(found.data() - original.data()), found.size(), small);
  }
  return decode_utf8(bytes, "prompt");
}

std::string lower_case(const std::u32string& text) {
  std::string result;
  result.reserve(text.size());
  for (const char32_t c : text) {
    if (c == kCapitalDottedI) {  // the one letter whose lower case is two characters
      append_utf8(U'i', result);
      append_utf8(kCombiningDot, result);
    } else {
      append_utf8(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c))),
                  result);
    }
  }
  return result;
}

}  // namespace

std::string normalise_prompt(std::string_view text) {
  std::u32string characters = decode_utf8(text, "prompt");
  if (!is_ascii(text)) characters = compose(text);  // ASCII is composed already
  characters = collapse_white_space(characters);
  if (characters.find(kCapitalSigma) != std::u32string::npos) {
    characters = with_final_sigmas(characters);
  }
  return lower_case(characters);
}

}  // namespace ersatz::generate
