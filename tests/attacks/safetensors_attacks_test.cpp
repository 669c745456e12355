// Safetensors files that lie about themselves, as whole files (tests/models/safetensors_test.cpp
// has the same for headers alone, and many more of them).
#include <gtest/gtest.h>

#include "attacks/attack.h"
#include "models/weights/pickle_builder.h"

namespace ersatz::test {
namespace {

Attack file(const std::string& name, const std::string& header, std::size_t data_bytes,
            const std::string& message) {
  return {name,
          [header, data_bytes] {
            return little_endian(header.size(), 8) + header + std::string(data_bytes, '\x01');
          },
          message};
}

Attack claiming(const std::string& name, std::uint64_t header_bytes, const std::string& message) {
  return {name,
          [header_bytes] {
            return little_endian(header_bytes, 8) +
                   R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})" + "0123";
          },
          message};
}

// A header of many entries, each made of a number.
std::string many(int count, const std::string& before, const std::string& entry,
                 const std::string& after) {
  std::string header = before;
  for (int i = 0; i < count; ++i) {
    header += (i == 0 ? "\"" : ",\"") + std::to_string(i) + entry;
  }
  return little_endian((header + after).size(), 8) + header + after;
}

std::vector<Attack> attacks() {
  const std::string one = R"({"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  std::string deep = "{\"a\":";
  for (int i = 0; i < 100000; ++i) deep += "{\"shape\":";
  return {
      claiming("header of 2^63 bytes", 1ULL << 63, "9223372036854775808 bytes is refused"),
      claiming("header of 2^64-1 bytes", ~0ULL, "18446744073709551615 bytes is refused"),
      claiming("header of 99 MB", 99'000'000, "99000000 bytes is refused"),
      claiming("header longer than the file", 10'000, "ends inside its header"),
      file("duplicate tensor", "{\"layer.w\":" + one + ",\"layer.w\":" + one + "}", 1,
           "'layer.w' appears twice"),
      file("duplicate field",
           R"({"w":{"dtype":"U8","dtype":"F64","shape":[1],"data_offsets":[0,1]}})", 1,
           "'dtype' of 'w' appears twice"),
      file("overlap", "{\"v\":" + one + ",\"w\":" + one + "}", 1, "'w' leaves a hole or overlaps"),
      file("hole", R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2,
           "'w' leaves a hole or overlaps"),
      file("trailing bytes", "{\"w\":" + one + "}", 2, "1 bytes follow the last tensor"),
      file("truncated data", R"({"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", 15,
           "'w' ends outside the file"),
      file(
          "offsets of 2^64-1",
          R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[18446744073709551614,18446744073709551615]}})",
          1, "'w' ends outside the file"),
      file("size of 2^63",
           R"({"w":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1]}})", 1,
           "'w' has a shape whose size overflows"),
      file("shape that overflows",
           R"({"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}})", 4,
           "'w' has a shape whose size overflows"),
      file("shape that wraps around to the right size",
           R"({"w":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}})", 4,
           "'w' has a shape whose size overflows"),
      file("negative size", R"({"w":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1,
           "a negative number where 'shape' of 'w' is"),
      file("unknown type", R"({"w":{"dtype":"F99","shape":[1],"data_offsets":[0,1]}})", 1,
           "'w' has the unknown type 'F99'"),
      file("more bytes than the shape needs",
           R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[0,2]}})", 2, "'w' has 2 bytes"),
      {"bool that is neither",
       [] {
         const std::string header = R"({"w":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})";
         return little_endian(header.size(), 8) + header + "\x02";
       },
       "'w' has a bool that is neither 0 nor 1"},
      file("nested metadata", R"({"__metadata__":{"a":{"b":"c"}}})", 0, "an object"),
      file("metadata that is a number", R"({"__metadata__":{"a":1}})", 0, "a number"),
      file("name that is not UTF-8", "{\"\xff\xfe\":" + one + "}", 1, "not valid JSON"),
      file("name with an escape sequence", "{\"\\u001b[2J\":" + one + "}", 2, "bytes follow"),
      file("name of control characters", "{\"\\u001b[2J\":{}}", 0, "'\\x1b[2J' has no dtype"),
      file("100000 levels", deep, 0, "does not end with"),
      file("100000 levels, ended", deep + "}", 0, "an object"),
      {"a million tensors",
       [] {
         return many(500'000, "{", R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})", "}");
       },
       "too many tensors"},
      {"two million texts", [] { return many(2'000'000, R"({"__metadata__":{)", R"(":"")", "}}"); },
       "the metadata has too many entries"},
      {"text of 30 MB",
       [] {
         const std::string header =
             R"({"__metadata__":{"a":")" + std::string(30'000'000, 'a') + "\"}}";
         return little_endian(header.size(), 8) + header + "x";
       },
       "1 bytes follow the last tensor"},
      {"name of 30 MB",
       [] {
         const std::string header = "{\"" + std::string(30'000'000, 'a') + "\":{}}";
         return little_endian(header.size(), 8) + header;
       },
       "has no dtype"},
  };
}

TEST(SafetensorsFileAttack, EveryHostileFileIsRefused) { expect_refused(attacks()); }

}  // namespace
}  // namespace ersatz::test
