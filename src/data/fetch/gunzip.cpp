#include "data/fetch/gunzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cerrno>
#include <fstream>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "core/error.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = std::size_t{256} << 10;

std::ifstream open_regular(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (!fs::exists(status)) {
    throw core::Error::io("open", file, error ? error.value() : ENOENT);
  }
  if (!fs::is_regular_file(status)) throw core::Error::untrusted(file, "not a regular file");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw core::Error::io("open", file, errno);
  return stream;
}

std::size_t read_piece(std::ifstream& stream, const fs::path& file,
                       std::vector<std::uint8_t>& buffer) {
  stream.read(reinterpret_cast<char*>(buffer.data()), static_cast<std::streamsize>(buffer.size()));
  if (stream.bad()) throw core::Error::io("read", file, EIO);
  return static_cast<std::size_t>(stream.gcount());
}

struct Inflater {
  z_stream stream{};
  Inflater() {
    constexpr int kGzipOnly = 15 + 16;  // zlib's way to say "32 KiB window, gzip header"
    if (inflateInit2(&stream, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

}  // namespace

std::uint64_t gunzip(const fs::path& file, std::uint64_t max_bytes, const ByteSink& sink) {
  std::ifstream input = open_regular(file);
  std::vector<std::uint8_t> in(kPiece), out(kPiece);
  Inflater inflater;
  z_stream& z = inflater.stream;
  std::uint64_t consumed = 0, produced = 0;
  bool member_open = true;
  bool first_member = true;

  for (;;) {
    if (z.avail_in == 0) {
      z.next_in = in.data();
      z.avail_in = static_cast<uInt>(read_piece(input, file, in));
      if (z.avail_in == 0) break;
    }
    if (!member_open) {
      if (*z.next_in != 0x1F) {
        throw core::Error::untrusted(file, "trailing bytes after the gzip stream", consumed);
      }
      inflateReset(&z);
      member_open = true;
      first_member = false;
    }
    const uInt before = z.avail_in;
    z.next_out = out.data();
    z.avail_out = static_cast<uInt>(out.size());
    const int status = inflate(&z, Z_NO_FLUSH);
    consumed += before - z.avail_in;
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      const char* reason = z.msg != nullptr ? z.msg : "not a gzip stream";
      throw core::Error::untrusted(
          file,
          fmt::format("damaged gzip stream{}: {}", first_member ? "" : " (later member)", reason),
          consumed);
    }
    const std::size_t size = out.size() - z.avail_out;
    produced += size;
    if (produced > max_bytes) {
      throw core::Error::untrusted(
          file, fmt::format("decompresses to more than the {} bytes allowed", max_bytes), consumed);
    }
    if (size > 0) sink(out.data(), size);
    if (status == Z_STREAM_END) member_open = false;
  }
  if (member_open) throw core::Error::untrusted(file, "truncated gzip stream", consumed);
  return produced;
}

std::uint64_t read_plain(const fs::path& file, const ByteSink& sink) {
  std::ifstream input = open_regular(file);
  std::vector<std::uint8_t> piece(kPiece);
  std::uint64_t total = 0;
  while (const std::size_t size = read_piece(input, file, piece)) {
    sink(piece.data(), size);
    total += size;
  }
  return total;
}

bool is_gzip(const fs::path& file) {
  std::ifstream input = open_regular(file);
  std::vector<std::uint8_t> magic(2);
  return read_piece(input, file, magic) == 2 && magic[0] == 0x1F && magic[1] == 0x8B;
}

}  // namespace ersatz::data
