#include "data/images/png_text.h"

#include <zlib.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "core/error.h"
#include "data/images/png_codec.h"

namespace ersatz::data {
namespace {

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// tEXt is Latin-1.
std::string latin1_to_utf8(std::string_view text) {
  std::string utf8;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      utf8 += c;
    } else {
      utf8 += static_cast<char>(0xc0 | byte >> 6);
      utf8 += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return utf8;
}

// Takes what stands before the next NUL, and the NUL.
std::optional<std::string_view> take_word(std::string_view& bytes) {
  const std::size_t end = bytes.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view word = bytes.substr(0, end);
  bytes.remove_prefix(end + 1);
  return word;
}

std::optional<std::pair<std::string, std::string>> text_of(std::string_view type,
                                                           std::string_view data) {
  const auto keyword = take_word(data);
  if (!keyword) return std::nullopt;
  if (type == "tEXt") return std::pair(std::string(*keyword), latin1_to_utf8(data));
  // iTXt: compressed?, method, language NUL, translated keyword NUL, text.
  if (data.size() < 2 || data[0] != '\0') return std::nullopt;
  data.remove_prefix(2);
  if (!take_word(data) || !take_word(data)) return std::nullopt;
  return std::pair(std::string(*keyword), std::string(data));
}

}  // namespace

std::map<std::string, std::string> png_texts(std::string_view bytes,
                                             const std::filesystem::path& file) {
  if (bytes.substr(0, kPngSignature.size()) != kPngSignature) {
    throw core::Error::untrusted(file, "not a PNG file");
  }
  constexpr std::size_t kFrame = 12;  // length, type, checksum
  std::map<std::string, std::string> texts;
  std::size_t at = kPngSignature.size();
  while (true) {
    if (bytes.size() - at < kFrame) throw core::Error::untrusted(file, "the PNG is cut short", at);
    const std::size_t length = big_endian(bytes.substr(at));
    if (length > bytes.size() - at - kFrame) {
      throw core::Error::untrusted(file, "a chunk of the PNG is cut short", at);
    }
    const std::string_view body = bytes.substr(at + 4, 4 + length);
    const auto sum =
        ::crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
    if (sum != big_endian(bytes.substr(at + 8 + length))) {
      throw core::Error::untrusted(file, "a chunk of the PNG has a wrong checksum", at);
    }
    const std::string_view type = body.substr(0, 4);
    if (type == "IEND") return texts;
    if (type == "tEXt" || type == "iTXt") {
      if (auto text = text_of(type, body.substr(4))) texts.insert(std::move(*text));
    }
    at += kFrame + length;
  }
}

}  // namespace ersatz::data
