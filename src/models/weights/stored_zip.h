// Writes zip archives that only store (PKWARE APPNOTE 6.3), as torch.save writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ersatz::models {

class StoredZip {
 public:
  // Contents begin at multiples of 64 bytes, so that numbers in them are aligned when the file is
  // mapped into memory. `name`: ASCII. Error::internal for an archive above 2 GiB: this writer has
  // no 64-bit records.
  void add(std::string_view name, std::string_view content);

  // The bytes of the archive. Equal entries give equal bytes: none has a time.
  std::string finish() &&;

 private:
  std::string bytes_, directory_;
  std::uint16_t entries_ = 0;
};

// Appends the `count` low bytes of `value`, the lowest first.
void append_little_endian(std::string& bytes, std::uint64_t value, int count);

}  // namespace ersatz::models
