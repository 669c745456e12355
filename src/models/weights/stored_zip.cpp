#include "models/weights/stored_zip.h"

#include <zlib.h>

#include <utility>

#include "core/error.h"

namespace ersatz::models {

namespace {

constexpr std::size_t kAlignment = 64, kLocalHeaderBytes = 30, kExtraHeaderBytes = 4;
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 31;
constexpr std::uint64_t kVersion = 10;   // of the format that is needed to read it: 1.0
constexpr std::uint64_t kNoDate = 0x21;  // the first day that can be written: 1980-01-01

// An extra field that readers skip, as long as it takes to align what follows it.
std::string padding(std::size_t header_end) {
  const std::size_t size = (kAlignment - (header_end + kExtraHeaderBytes) % kAlignment);
  std::string extra = "FB";  // the kind that PyTorch writes
  append_little_endian(extra, size, 2);
  return extra + std::string(size, 'Z');
}

// What the local header and the directory say alike: flags to size.
std::string description(std::string_view content) {
  std::string bytes;
  append_little_endian(bytes, 0, 2);  // flags
  append_little_endian(bytes, 0, 2);  // stored
  append_little_endian(bytes, 0, 2);  // midnight
  append_little_endian(bytes, kNoDate, 2);
  const auto* data = reinterpret_cast<const Bytef*>(content.data());
  append_little_endian(bytes, crc32_z(crc32_z(0, nullptr, 0), data, content.size()), 4);
  append_little_endian(bytes, content.size(), 4);
  append_little_endian(bytes, content.size(), 4);
  return bytes;
}

}  // namespace

void append_little_endian(std::string& bytes, std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

void StoredZip::add(std::string_view name, std::string_view content) {
  if (bytes_.size() + content.size() > kMaxBytes || name.size() > kAlignment || entries_ > 1000) {
    throw core::Error::internal("an archive of this size needs 64-bit records");
  }
  const std::uint64_t begin = bytes_.size();
  const std::string described = description(content);
  const std::string extra = padding(begin + kLocalHeaderBytes + name.size());
  bytes_ += "PK\x03\x04";
  append_little_endian(bytes_, kVersion, 2);
  bytes_ += described;
  append_little_endian(bytes_, name.size(), 2);
  append_little_endian(bytes_, extra.size(), 2);
  bytes_ += name;
  bytes_ += extra;
  bytes_ += content;

  directory_ += "PK\x01\x02";
  append_little_endian(directory_, kVersion, 2);  // made by
  append_little_endian(directory_, kVersion, 2);
  directory_ += described;
  append_little_endian(directory_, name.size(), 2);
  append_little_endian(directory_, 0, 2 + 2 + 2);  // extra field, comment, disk
  append_little_endian(directory_, 0, 2 + 4);      // attributes
  append_little_endian(directory_, begin, 4);
  directory_ += name;
  ++entries_;
}

std::string StoredZip::finish() && {
  const std::uint64_t begin = bytes_.size();
  std::string all = std::move(bytes_) + directory_ + "PK\x05\x06";
  append_little_endian(all, 0, 2 + 2);  // disks
  append_little_endian(all, entries_, 2);
  append_little_endian(all, entries_, 2);
  append_little_endian(all, directory_.size(), 4);
  append_little_endian(all, begin, 4);
  append_little_endian(all, 0, 2);  // comment
  return all;
}

}  // namespace ersatz::models
