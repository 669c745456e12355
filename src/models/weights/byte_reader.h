// Little-endian numbers and byte ranges out of memory that nobody vouches for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace ersatz::models {

// Reads forwards through `bytes`, which are `what` ("the pickle") and start at `origin` of `file`.
// Every member throws Error::untrusted, naming the offset in the file, rather than read past the
// end. Keeps references to its arguments.
class ByteReader {
 public:
  ByteReader(std::string_view bytes, std::string_view what, const std::filesystem::path& file,
             std::uint64_t origin = 0)
      : bytes_(bytes), what_(what), file_(file), origin_(origin) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  // `size` (at most 8) bytes as an unsigned number, the least significant first.
  std::uint64_t number(std::size_t size);

  std::string_view take(std::uint64_t size);
  // Up to the next '\n', which is read but not returned; at most `limit` bytes.
  std::string_view line(std::size_t limit);
  void seek(std::uint64_t position);

  std::uint64_t position() const { return position_; }
  std::uint64_t remaining() const { return bytes_.size() - position_; }
  std::uint64_t offset() const { return origin_ + position_; }
  const std::filesystem::path& file() const { return file_; }

 private:
  std::string_view bytes_, what_;
  const std::filesystem::path& file_;
  std::uint64_t origin_, position_ = 0;
};

}  // namespace ersatz::models
