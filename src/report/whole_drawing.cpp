#include "report/whole_drawing.h"

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <pugixml.hpp>

namespace ersatz::report {
namespace {

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

bool is_whole_png(std::string_view bytes) {
  constexpr std::string_view kSignature = "\x89PNG\r\n\x1a\n";
  constexpr std::size_t kFrame = 12;  // length, type, checksum
  if (bytes.substr(0, kSignature.size()) != kSignature) return false;
  bytes.remove_prefix(kSignature.size());
  while (bytes.size() >= kFrame) {
    const std::size_t length = big_endian(bytes);
    if (length > bytes.size() - kFrame) return false;
    const std::string_view body = bytes.substr(4, 4 + length);
    const auto sum = ::crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size());
    if (sum != big_endian(bytes.substr(8 + length))) return false;
    bytes.remove_prefix(kFrame + length);
    if (body.substr(0, 4) == "IEND") return bytes.empty();
  }
  return false;
}

bool is_whole_svg(std::string_view text) {
  pugi::xml_document document;
  if (!document.load_buffer(text.data(), text.size())) return false;
  const auto children = document.children();
  return std::count_if(children.begin(), children.end(), [](const pugi::xml_node& node) {
           return node.type() == pugi::node_element;
         }) == 1;
}

}  // namespace ersatz::report
