#include "models/weights/file_kind.h"

#include <algorithm>
#include <array>

#include "models/weights/torch_file.h"

namespace ersatz::models {

namespace {

struct Signature {
  std::size_t at;
  std::string_view bytes, meaning;
};

constexpr std::array<Signature, 9> kOthers = {
    {{0, "version https://git-lfs", "a Git LFS pointer: the weights themselves were not fetched"},
     {0, "<!DOCTYPE", "an HTML page: the download was refused or needs a login"},
     {0, "<!doctype", "an HTML page: the download was refused or needs a login"},
     {0, "<html", "an HTML page: the download was refused or needs a login"},
     {0, "GGUF", "a GGUF file, which is not supported; use safetensors"},
     {0, "\x89HDF", "an HDF5 (Keras) file, which is not supported; use safetensors"},
     {0, "\x1f\x8b", "gzip-compressed; decompress it first"},
     {0, "\x28\xb5\x2f\xfd", "zstd-compressed; decompress it first"},
     {257, "ustar", "a tar archive; unpack it first"}}};

}  // namespace

FileKind file_kind(std::string_view bytes) {
  if (is_torch_zip(bytes)) return FileKind::kTorchZip;
  if (is_torch_stream(bytes)) return FileKind::kTorchStream;
  // A safetensors header starts with '{' behind its length; the first of its bytes may be anything.
  if (bytes.size() > 8 && bytes[8] == '{') return FileKind::kSafetensors;
  // PROTO and a protocol that exists.
  if (bytes.size() > 1 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5) {
    return FileKind::kPickle;
  }
  return FileKind::kUnknown;
}

std::string_view recognised_other(std::string_view bytes) {
  const auto* found = std::find_if(kOthers.begin(), kOthers.end(), [&](const Signature& other) {
    return bytes.size() >= other.at + other.bytes.size() &&
           bytes.substr(other.at, other.bytes.size()) == other.bytes;
  });
  return found == kOthers.end() ? std::string_view() : found->meaning;
}

}  // namespace ersatz::models
