#include "generate/diffusion/tokenizer/byte_alphabet.h"

#include <cstddef>

#include "generate/diffusion/tokenizer/utf8.h"

namespace ersatz::generate {

namespace {

constexpr unsigned kFirstSubstitute = 0x100;

bool stands_for_itself(unsigned byte) {
  // Not the control characters, the spaces and the soft hyphen: they do not show.
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
}

struct Alphabet {
  std::array<std::string, 256> characters;
  std::array<unsigned char, 256> order{};
  std::array<unsigned char, 256> substituted{};  // U+0100 + i stands for substituted[i]
  unsigned substitutes = 0;

  Alphabet() {
    std::size_t place = 0;
    for (unsigned byte = 0; byte < 256; ++byte) {
      if (!stands_for_itself(byte)) continue;
      append_utf8(byte, characters[byte]);
      order[place++] = static_cast<unsigned char>(byte);
    }
    for (unsigned byte = 0; byte < 256; ++byte) {
      if (stands_for_itself(byte)) continue;
      append_utf8(kFirstSubstitute + substitutes, characters[byte]);
      substituted[substitutes++] = static_cast<unsigned char>(byte);
      order[place++] = static_cast<unsigned char>(byte);
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet instance;
  return instance;
}

}  // namespace

const std::array<std::string, 256>& byte_characters() { return alphabet().characters; }

const std::array<unsigned char, 256>& bytes_in_clip_order() { return alphabet().order; }

std::string spelled_bytes(std::string_view spelling) {
  std::string bytes;
  for (std::size_t at = 0; at < spelling.size(); ++at) {
    const auto first = static_cast<unsigned char>(spelling[at]);
    // Every character of the alphabet is one or two bytes of UTF-8.
    if (first >= 0xC2 && first <= 0xC5 && at + 1 < spelling.size()) {
      const unsigned code_point =
          ((first & 0x1FU) << 6) | (static_cast<unsigned char>(spelling[at + 1]) & 0x3FU);
      if (code_point < 256 && stands_for_itself(code_point)) {
        bytes.push_back(static_cast<char>(code_point));
        ++at;
        continue;
      }
      if (code_point >= kFirstSubstitute &&
          code_point - kFirstSubstitute < alphabet().substitutes) {
        bytes.push_back(static_cast<char>(alphabet().substituted[code_point - kFirstSubstitute]));
        ++at;
        continue;
      }
    }
    bytes.push_back(spelling[at]);
  }
  return bytes;
}

}  // namespace ersatz::generate
