// Strict gzip decompression (RFC 1952), streaming.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>

namespace ersatz::data {

// Receives successive pieces of the decompressed bytes. May throw.
using ByteSink = std::function<void(const std::uint8_t* bytes, std::size_t size)>;

// Decompresses `file` into `sink` and returns the number of bytes produced. Accepts several gzip
// members one after the other, as the RFC does. Error::untrusted (exit 30) with the offset in the
// compressed file: damaged or truncated stream, anything after the last member, more than
// `max_bytes` produced. Declared sizes are not believed.
std::uint64_t gunzip(const std::filesystem::path& file, std::uint64_t max_bytes,
                     const ByteSink& sink);

// Calls `sink` with the bytes of a plain file; returns their number.
std::uint64_t read_plain(const std::filesystem::path& file, const ByteSink& sink);

// Whether `file` starts with the gzip magic number.
bool is_gzip(const std::filesystem::path& file);

}  // namespace ersatz::data
