#include "report/export/tfevents/protobuf_message.h"

#include <cstring>

#include "report/export/tfevents/little_endian.h"

namespace ersatz::report {
namespace {

enum WireType : std::uint32_t {
  kVarint = 0,
  kEightBytes = 1,
  kLengthDelimited = 2,
  kFourBytes = 5
};

}  // namespace

void ProtobufMessage::varint(std::uint64_t value) {
  for (; value >= 0x80U; value >>= 7U) text_ += static_cast<char>((value & 0x7FU) | 0x80U);
  text_ += static_cast<char>(value);
}

void ProtobufMessage::tag(std::uint32_t field, std::uint32_t wire_type) {
  varint(std::uint64_t{field} << 3U | wire_type);
}

ProtobufMessage& ProtobufMessage::integer(std::uint32_t field, std::int64_t value) {
  tag(field, kVarint);
  varint(static_cast<std::uint64_t>(value));
  return *this;
}

ProtobufMessage& ProtobufMessage::number(std::uint32_t field, double value) {
  tag(field, kEightBytes);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  append_little_endian(text_, bits);
  return *this;
}

ProtobufMessage& ProtobufMessage::small_number(std::uint32_t field, float value) {
  tag(field, kFourBytes);
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  append_little_endian(text_, bits);
  return *this;
}

ProtobufMessage& ProtobufMessage::bytes(std::uint32_t field, std::string_view value) {
  tag(field, kLengthDelimited);
  varint(value.size());
  text_ += value;
  return *this;
}

ProtobufMessage& ProtobufMessage::message(std::uint32_t field, const ProtobufMessage& value) {
  return bytes(field, value.text());
}

}  // namespace ersatz::report
