#include "data/fetch/safe_path.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace ersatz::data {
namespace {

constexpr std::size_t kMaxComponent = 255;  // NAME_MAX of every file system we write to
constexpr std::size_t kMaxPath = 1024;

std::string component_reason(std::string_view component) {
  if (component.empty()) return "has an empty component";
  if (component == "..") return "climbs out with '..'";
  if (component == ".") return "has a '.' component";
  if (component.size() > kMaxComponent) return "has a name longer than 255 bytes";
  return {};
}

}  // namespace

std::optional<std::u32string> decode_utf8(std::string_view bytes) {
  std::u32string text;
  text.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size();) {
    const auto lead = static_cast<std::uint8_t>(bytes[i]);
    const std::size_t length = lead < 0x80             ? 1
                               : (lead & 0xE0) == 0xC0 ? 2
                               : (lead & 0xF0) == 0xE0 ? 3
                               : (lead & 0xF8) == 0xF0 ? 4
                                                       : 0;
    if (length == 0 || i + length > bytes.size()) return std::nullopt;
    char32_t point = length == 1 ? lead : lead & (0x7Fu >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<std::uint8_t>(bytes[i + k]);
      if ((next & 0xC0) != 0x80) return std::nullopt;
      point = (point << 6) | (next & 0x3Fu);
    }
    constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (point < kSmallest[length] || point > 0x10FFFF || surrogate) return std::nullopt;
    text += point;
    i += length;
  }
  return text;
}

std::string unsafe_path_reason(std::string_view path) {
  if (path.empty()) return "is empty";
  if (path.front() == '/') return "is absolute";
  if (path.size() > kMaxPath) return "is longer than 1024 bytes";
  const auto text = decode_utf8(path);
  if (!text) return "is not valid UTF-8";
  for (const char32_t point : *text) {
    if (point < 0x20 || (point >= 0x7F && point < 0xA0)) return "contains a control character";
    if (point == U'\\') return "contains a backslash";
  }
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string reason = component_reason(path.substr(begin, end - begin));
    if (!reason.empty()) return reason;
    begin = end + 1;
  }
  return {};
}

}  // namespace ersatz::data
