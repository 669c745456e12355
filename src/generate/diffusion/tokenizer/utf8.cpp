#include "generate/diffusion/tokenizer/utf8.h"

#include <fmt/format.h>

#include <cstddef>

#include "core/error.h"

namespace ersatz::generate {

namespace {

struct Sequence {
  std::size_t length = 1;  // of the character, or of the maximal ill-formed part
  bool valid = false;
  char32_t code_point = 0;
};

// The character at `at` (Unicode 15.0, table 3-7: which bytes may follow which).
Sequence read_sequence(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(at);
  if (first < 0x80) return {1, true, first};
  std::size_t length = 0;
  if (first >= 0xC2 && first <= 0xDF) length = 2;
  if (first >= 0xE0 && first <= 0xEF) length = 3;
  if (first >= 0xF0 && first <= 0xF4) length = 4;
  if (length == 0) return {};
  unsigned lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  unsigned highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  char32_t code_point = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if (at + i >= text.size() || byte(at + i) < lowest || byte(at + i) > highest) {
      return {i, false, 0};
    }
    code_point = (code_point << 6) | (byte(at + i) & 0x3FU);
    lowest = 0x80;
    highest = 0xBF;
  }
  return {length, true, code_point};
}

}  // namespace

std::u32string decode_utf8(std::string_view text, std::string_view what) {
  std::u32string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Sequence next = read_sequence(text, at);
    if (!next.valid) {
      throw core::Error::usage(
          fmt::format("the {} is not UTF-8: byte 0x{:02X} at position {}", what,
                      static_cast<unsigned>(static_cast<unsigned char>(text[at])), at),
          "convert it to UTF-8, for example with iconv");
    }
    result.push_back(next.code_point);
    at += next.length;
  }
  return result;
}

void append_utf8(char32_t code_point, std::string& text) {
  const auto push = [&](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    push(code_point);
  } else if (code_point < 0x800) {
    push(0xC0 | (code_point >> 6));
    push(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    push(0xE0 | (code_point >> 12));
    push(0x80 | ((code_point >> 6) & 0x3F));
    push(0x80 | (code_point & 0x3F));
  } else {
    push(0xF0 | (code_point >> 18));
    push(0x80 | ((code_point >> 12) & 0x3F));
    push(0x80 | ((code_point >> 6) & 0x3F));
    push(0x80 | (code_point & 0x3F));
  }
}

std::string encode_utf8(const std::u32string& code_points) {
  std::string text;
  text.reserve(code_points.size());
  for (const char32_t code_point : code_points) append_utf8(code_point, text);
  return text;
}

std::string replace_invalid_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const Sequence next = read_sequence(bytes, at);
    if (next.valid) {
      text.append(bytes.substr(at, next.length));
    } else {
      append_utf8(0xFFFD, text);
    }
    at += next.length;
  }
  return text;
}

bool is_white_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

}  // namespace ersatz::generate
