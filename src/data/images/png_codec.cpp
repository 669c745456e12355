#include "data/images/png_codec.h"

#include <fmt/format.h>
#include <png.h>
#include <zlib.h>

#include <csetjmp>
#include <cstring>

#include "core/error.h"

// libpng reports errors by longjmp. Functions that call setjmp, or that it may jump out of, hold no
// object with a destructor; everything that does is owned by their callers.
namespace ersatz::data {
namespace {

namespace fs = std::filesystem;

// Of a chunk that is not pixels: texts and colour profiles, packed or not.
constexpr std::size_t kMaxChunkBytes = 8'000'000;
// Names of chunks, each of four letters and a NUL.
constexpr int kChunkNameBytes = 5;
constexpr png_byte kPassedOver[] = "tEXt\0zTXt\0iTXt\0iCCP";
// What DEFLATE can reach at all: a picture of more bytes than this times the file's is not in it.
constexpr std::uint64_t kMaxDeflateRatio = 1032;

struct Report {
  char message[200] = "";
};

void on_error(png_structp png, png_const_charp message) {
  auto* report = static_cast<Report*>(::png_get_error_ptr(png));
  std::strncpy(report->message, message, sizeof report->message - 1);
  ::png_longjmp(png, 1);
}

// Warnings are about things that do not change pixels (colour profiles, times, text).
void on_warning(png_structp, png_const_charp) {}

struct Source {
  std::string_view bytes;
  std::size_t used = 0;
};

void read_bytes(png_structp png, png_bytep out, std::size_t count) {
  auto* source = static_cast<Source*>(::png_get_io_ptr(png));
  if (count > source->bytes.size() - source->used) ::png_error(png, "the file ends too early");
  std::memcpy(out, source->bytes.data() + source->used, count);
  source->used += count;
}

class Reader {
 public:
  Reader(std::string_view bytes, const fs::path& file) : file_(file), source_{bytes, 0} {
    require_whole_chunks();
    png_ = ::png_create_read_struct(PNG_LIBPNG_VER_STRING, &report_, on_error, on_warning);
    info_ = png_ == nullptr ? nullptr : ::png_create_info_struct(png_);
    if (info_ == nullptr) throw std::bad_alloc();
    ::png_set_read_fn(png_, &source_, read_bytes);
    ::png_set_user_limits(png_, kMaxImageSide, kMaxImageSide);
    ::png_set_chunk_malloc_max(png_, kMaxChunkBytes);
    // Texts and profiles are no part of the picture, and a few bytes of them may unpack to
    // gigabytes. Their checksums are still looked at. png_texts() reads what it needs on its own.
    ::png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, kPassedOver,
                                  int{sizeof kPassedOver} / kChunkNameBytes);
  }
  ~Reader() { ::png_destroy_read_struct(&png_, &info_, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  ImageHeader header() {
    if (!try_header()) throw refused();
    const auto width = static_cast<std::int64_t>(::png_get_image_width(png_, info_));
    const auto height = static_cast<std::int64_t>(::png_get_image_height(png_, info_));
    require_reasonable_size(width, height, file_);
    return {ImageFormat::kPng, static_cast<int>(width), static_cast<int>(height)};
  }

  RgbImage picture() {
    const ImageHeader size = header();
    return {size.width, size.height, pixels(size, 3)};
  }

  // After header().
  bool has_transparency() {
    return (::png_get_color_type(png_, info_) & PNG_COLOR_MASK_ALPHA) != 0 ||
           ::png_get_valid(png_, info_, PNG_INFO_tRNS) != 0;
  }

  RgbaImage picture_with_alpha() {
    // Without this, libpng passes over a damaged chunk of transparent colours.
    ::png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    const ImageHeader size = header();
    if (!has_transparency()) {
      throw core::Error::untrusted(
          file_,
          "the picture has no transparency: neither an alpha channel nor a transparent "
          "colour");
    }
    return {size.width, size.height, pixels(size, 4)};
  }

 private:
  // A chunk that says it is longer than the file makes libpng take that much memory first.
  void require_whole_chunks() {
    constexpr std::size_t kFrame = 12;  // length, name, checksum
    const std::string_view bytes = source_.bytes;
    for (std::size_t at = kPngSignature.size(); at + kFrame <= bytes.size();) {
      std::uint32_t length = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        length = length << 8 | static_cast<unsigned char>(bytes[at + i]);
      }
      if (length > bytes.size() - at - kFrame) {
        throw core::Error::untrusted(file_, "damaged or incomplete PNG: the file ends too early",
                                     at);
      }
      at += kFrame + length;
    }
  }

  bool try_header() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    ::png_read_info(png_, info_);
    return true;
  }

  std::vector<std::uint8_t> pixels(const ImageHeader& size, std::size_t channels) {
    // Before memory is taken: a header of some bytes may claim any size.
    const std::uint64_t bits =
        std::uint64_t{::png_get_bit_depth(png_, info_)} * ::png_get_channels(png_, info_) *
        static_cast<std::uint64_t>(size.width) * static_cast<std::uint64_t>(size.height);
    if (bits / 8 > kMaxDeflateRatio * source_.bytes.size()) {
      throw core::Error::untrusted(
          file_, fmt::format("a PNG of {} bytes that claims {} x {} pixels", source_.bytes.size(),
                             size.width, size.height));
    }
    const std::size_t row = channels * static_cast<std::size_t>(size.width);
    std::vector<std::uint8_t> bytes(row * static_cast<std::size_t>(size.height));
    std::vector<png_bytep> rows;
    for (std::size_t i = 0; i < bytes.size(); i += row) rows.push_back(&bytes[i]);
    if (!try_pixels(rows.data(), row, channels == 4)) throw refused();
    return bytes;
  }

  bool try_pixels(png_bytepp rows, std::size_t row_bytes, bool keep_alpha) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    ::png_set_expand(png_);
    ::png_set_scale_16(png_);
    ::png_set_gray_to_rgb(png_);
    if (!keep_alpha) ::png_set_strip_alpha(png_);
    ::png_set_interlace_handling(png_);
    ::png_read_update_info(png_, info_);
    if (::png_get_rowbytes(png_, info_) != row_bytes)
      ::png_error(png_, "unexpected kind of pixels");
    ::png_read_image(png_, rows);
    ::png_read_end(png_, nullptr);
    return true;
  }

  core::Error refused() const {
    return core::Error::untrusted(
        file_, fmt::format("damaged or incomplete PNG: {}", report_.message), source_.used);
  }

  fs::path file_;
  Source source_;
  Report report_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

struct Sink {
  std::string bytes;
  bool full = false;  // memory ran out
};

void write_bytes(png_structp png, png_bytep data, std::size_t count) {
  auto* sink = static_cast<Sink*>(::png_get_io_ptr(png));
  try {
    sink->bytes.append(reinterpret_cast<const char*>(data), count);
  } catch (const std::bad_alloc&) {
    sink->full = true;
  }
  if (sink->full) ::png_error(png, "out of memory");
}

void flush_bytes(png_structp) {}

// On 640 x 480 photographs, one core, images/s and size: zlib level 6 with the best of five filters
// 13 and 425 kB; level 1 with Sub 78 and 462 kB, with Paeth 69 and 450 kB; run lengths with Paeth
// 80 and 460 kB; Huffman coding alone with Paeth 99 and 480 kB.
constexpr int kFastStrategy = Z_RLE, kFastFilter = PNG_FILTER_PAETH;

struct Picture {
  int width, height, channels;
  const std::uint8_t* pixels;
  png_textp texts;
  int text_count;
  PngEffort effort;
};

int colour_type(int channels) {
  if (channels == 1) return PNG_COLOR_TYPE_GRAY;
  return channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_RGB_ALPHA;
}

bool try_write(png_structp png, png_infop info, const Picture& picture) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  ::png_set_IHDR(png, info, static_cast<png_uint_32>(picture.width),
                 static_cast<png_uint_32>(picture.height), 8, colour_type(picture.channels),
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (picture.effort == PngEffort::kFast) {
    ::png_set_compression_level(png, Z_BEST_SPEED);
    ::png_set_compression_strategy(png, kFastStrategy);
    ::png_set_filter(png, PNG_FILTER_TYPE_BASE, kFastFilter);
  }
  if (picture.text_count > 0) ::png_set_text(png, info, picture.texts, picture.text_count);
  ::png_write_info(png, info);
  const auto row = static_cast<std::ptrdiff_t>(picture.width) * picture.channels;
  for (int y = 0; y < picture.height; ++y) ::png_write_row(png, picture.pixels + y * row);
  ::png_write_end(png, info);
  return true;
}

bool is_ascii(const std::string& text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

std::string encode(int width, int height, int channels, const std::vector<std::uint8_t>& pixels,
                   std::vector<PngText> texts, PngEffort effort) {
  if (width < 1 || height < 1 ||
      pixels.size() != static_cast<std::size_t>(width) * static_cast<std::size_t>(height) *
                           static_cast<std::size_t>(channels)) {
    throw core::Error::internal(
        fmt::format("PNG: {} bytes for a picture of {} x {}", pixels.size(), width, height));
  }
  std::vector<png_text> entries;
  char empty[] = "";
  for (PngText& text : texts) {
    png_text entry{};
    const bool ascii = is_ascii(text.text);
    entry.compression = ascii ? PNG_TEXT_COMPRESSION_NONE : PNG_ITXT_COMPRESSION_NONE;
    entry.key = text.keyword.data();
    entry.text = text.text.data();
    entry.text_length = ascii ? text.text.size() : 0;
    entry.itxt_length = ascii ? 0 : text.text.size();
    entry.lang = empty;
    entry.lang_key = empty;
    entries.push_back(entry);
  }
  Report report;
  Sink sink;
  png_structp png = ::png_create_write_struct(PNG_LIBPNG_VER_STRING, &report, on_error, on_warning);
  png_infop info = png == nullptr ? nullptr : ::png_create_info_struct(png);
  if (info == nullptr) throw std::bad_alloc();
  ::png_set_write_fn(png, &sink, write_bytes, flush_bytes);
  const Picture picture{width,         height,         channels,
                        pixels.data(), entries.data(), static_cast<int>(entries.size()),
                        effort};
  const bool written = try_write(png, info, picture);
  ::png_destroy_write_struct(&png, &info);
  if (sink.full) throw std::bad_alloc();
  if (!written) throw core::Error::internal(fmt::format("PNG: {}", report.message));
  return std::move(sink.bytes);
}

}  // namespace

ImageHeader png_header(std::string_view bytes, const fs::path& file) {
  return Reader(bytes, file).header();
}

RgbImage decode_png(std::string_view bytes, const fs::path& file) {
  return Reader(bytes, file).picture();
}

bool png_has_transparency(std::string_view bytes, const fs::path& file) {
  Reader reader(bytes, file);
  reader.header();
  return reader.has_transparency();
}

RgbaImage decode_rgba_png(std::string_view bytes, const fs::path& file) {
  return Reader(bytes, file).picture_with_alpha();
}

std::string encode_png(const RgbImage& image, const std::vector<PngText>& texts, PngEffort effort) {
  return encode(image.width, image.height, 3, image.pixels, texts, effort);
}

std::string encode_png(const RgbaImage& image, const std::vector<PngText>& texts,
                       PngEffort effort) {
  return encode(image.width, image.height, 4, image.pixels, texts, effort);
}

std::string encode_png(const GreyImage& image, const std::vector<PngText>& texts) {
  return encode(image.width, image.height, 1, image.pixels, texts, PngEffort::kSmall);
}

}  // namespace ersatz::data
