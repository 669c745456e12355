// The header of a safetensors file, strictly checked: what is accepted cannot point outside the
// file, overlap, or hide bytes (format: github.com/huggingface/safetensors, README "Format").
//
// Layout: u64 little-endian length N; N bytes of JSON {"name": {"dtype", "shape", "data_offsets"},
// "__metadata__": {string: string}} padded with spaces at its end; tensor bytes without holes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ersatz::models {

enum class StoredType { kF64, kF32, kF16, kBF16, kI64, kI32, kI16, kI8, kU8, kBool };

std::string_view stored_type_name(StoredType type);  // "F32"
std::uint64_t stored_type_bytes(StoredType type);

struct StoredTensor {
  StoredType type = StoredType::kF32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  // of its bytes, counted from the start of the file
  std::uint64_t bytes = 0;
};

struct SafetensorsHeader {
  std::map<std::string, StoredTensor> tensors;
  std::map<std::string, std::string> metadata;
};

// The reference implementation allows 100 MB, which costs several times that to parse; no
// published model comes near 10 MB.
inline constexpr std::uint64_t kMaxSafetensorsHeader = std::uint64_t{32} << 20;

// Parses the first bytes of a file: `prefix` must hold at least the 8 + N bytes up to the tensor
// data (or the whole file, when it is shorter), `file_size` is the size of the file.
// Refuses (Error::untrusted, exit 30): truncated files, headers above 32 MB or with more than
// 100 000 names, invalid UTF-8 or JSON, duplicate keys, unknown fields or types, shapes whose size
// overflows or differs from the byte range, holes, overlaps and trailing bytes. `file` is only
// named in errors.
SafetensorsHeader parse_safetensors_header(std::string_view prefix, std::uint64_t file_size,
                                           const std::filesystem::path& file);

}  // namespace ersatz::models
