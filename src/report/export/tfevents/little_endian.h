// Whole numbers as TFRecord files and protocol buffers store them.
#pragma once

#include <cstddef>
#include <string>
#include <type_traits>

namespace ersatz::report {

template <class Unsigned>
void append_little_endian(std::string& text, Unsigned value) {
  static_assert(std::is_unsigned_v<Unsigned>);
  for (std::size_t i = 0; i < sizeof value; ++i) {
    text += static_cast<char>(static_cast<unsigned char>(value & 0xFFU));
    value = static_cast<Unsigned>(value >> 8U);
  }
}

}  // namespace ersatz::report
