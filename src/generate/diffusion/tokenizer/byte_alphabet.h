// The alphabet of byte-level BPE (Radford et al. 2019, GPT-2): every byte is written as one
// printable character, so that vocabulary files are text.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace ersatz::generate {

// The UTF-8 character that stands for each byte: printable Latin-1 characters for themselves, the
// other 68 bytes as U+0100, U+0101, ... in order of their value.
const std::array<std::string, 256>& byte_characters();

// The bytes in the order in which CLIP numbers them: the printable ones first.
const std::array<unsigned char, 256>& bytes_in_clip_order();

// The bytes that `spelling` (characters of the alphabet) stands for; other characters stand for
// themselves.
std::string spelled_bytes(std::string_view spelling);

}  // namespace ersatz::generate
