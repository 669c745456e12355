#include "models/weights/byte_reader.h"

#include <fmt/format.h>

#include "core/error.h"

namespace ersatz::models {

using core::Error;

std::uint64_t ByteReader::number(std::size_t size) {
  const std::string_view bytes = take(size);
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::string_view ByteReader::take(std::uint64_t size) {
  if (size > remaining()) {
    throw Error::untrusted(
        file_, fmt::format("{} ends where {} more bytes should be", what_, size - remaining()),
        origin_ + bytes_.size());
  }
  const std::string_view result = bytes_.substr(position_, size);
  position_ += size;
  return result;
}

std::string_view ByteReader::line(std::size_t limit) {
  const std::string_view window = bytes_.substr(position_, limit + 1);
  const std::size_t end = window.find('\n');
  if (end == std::string_view::npos) {
    throw Error::untrusted(file_, fmt::format("{} has a line without an end", what_), offset());
  }
  position_ += end + 1;
  return window.substr(0, end);
}

void ByteReader::seek(std::uint64_t position) {
  if (position > bytes_.size()) {
    throw Error::untrusted(file_, fmt::format("{} points outside itself", what_), offset());
  }
  position_ = position;
}

}  // namespace ersatz::models
