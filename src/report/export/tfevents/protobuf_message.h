// A protocol buffer message, field by field (protobuf.dev/programming-guides/encoding).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ersatz::report {

class ProtobufMessage {
 public:
  ProtobufMessage& integer(std::uint32_t field, std::int64_t value);    // int32, int64, enum
  ProtobufMessage& number(std::uint32_t field, double value);           // double
  ProtobufMessage& small_number(std::uint32_t field, float value);      // float
  ProtobufMessage& bytes(std::uint32_t field, std::string_view value);  // string, bytes
  ProtobufMessage& message(std::uint32_t field, const ProtobufMessage& value);

  const std::string& text() const { return text_; }

 private:
  void tag(std::uint32_t field, std::uint32_t wire_type);
  void varint(std::uint64_t value);

  std::string text_;
};

}  // namespace ersatz::report
