#include "data/images/jpeg_codec.h"

#include <fmt/format.h>
#include <turbojpeg.h>

#include <memory>

#include "core/error.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;

struct Destroy {
  void operator()(void* handle) const { ::tjDestroy(handle); }
};
using Codec = std::unique_ptr<void, Destroy>;

Codec make_decoder() {
  Codec decoder(::tjInitDecompress());
  if (!decoder) throw core::Error::internal("libjpeg-turbo could not be started");
  return decoder;
}

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

core::Error refused(const Codec& decoder, const fs::path& file) {
  return core::Error::untrusted(
      file, fmt::format("damaged or incomplete JPEG: {}", ::tjGetErrorStr2(decoder.get())));
}

ImageHeader header(const Codec& decoder, std::string_view bytes, const fs::path& file) {
  int width = 0, height = 0, sampling = 0, colours = 0;
  if (::tjDecompressHeader3(decoder.get(), data_of(bytes), bytes.size(), &width, &height, &sampling,
                            &colours) != 0) {
    throw refused(decoder, file);
  }
  require_reasonable_size(width, height, file);
  if (colours == TJCS_CMYK || colours == TJCS_YCCK) {
    throw core::Error::untrusted(file, "a JPEG in CMYK colours; convert it to RGB first");
  }
  return {ImageFormat::kJpeg, width, height};
}

}  // namespace

ImageHeader jpeg_header(std::string_view bytes, const fs::path& file) {
  return header(make_decoder(), bytes, file);
}

RgbImage decode_jpeg(std::string_view bytes, const fs::path& file) {
  const Codec decoder = make_decoder();
  const ImageHeader size = header(decoder, bytes, file);
  RgbImage image{size.width, size.height, {}};
  image.pixels.resize(std::size_t{3} * static_cast<std::size_t>(size.width) *
                      static_cast<std::size_t>(size.height));
  // Data that ends early is a warning to the library, which fills up with grey. A progressive file
  // with thousands of scans is an attack.
  constexpr int kFlags = TJFLAG_STOPONWARNING | TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS;
  if (::tjDecompress2(decoder.get(), data_of(bytes), bytes.size(), image.pixels.data(), size.width,
                      0, size.height, TJPF_RGB, kFlags) != 0) {
    throw refused(decoder, file);
  }
  return image;
}

std::string encode_jpeg(const RgbImage& image, int quality) {
  if (quality < 1 || quality > 100) {
    throw core::Error::usage(fmt::format("JPEG quality {} is not in 1..100", quality));
  }
  if (image.width < 1 || image.height < 1 || image.width > kMaxImageSide ||
      image.height > kMaxImageSide) {
    throw core::Error::usage(
        fmt::format("a picture of {} x {} cannot be a JPEG file", image.width, image.height));
  }
  const Codec encoder(::tjInitCompress());
  if (!encoder) throw core::Error::internal("libjpeg-turbo could not be started");
  unsigned long size = ::tjBufSize(image.width, image.height, TJSAMP_444);
  std::string bytes(size, '\0');
  auto* buffer = reinterpret_cast<unsigned char*>(bytes.data());
  if (::tjCompress2(encoder.get(), image.pixels.data(), image.width, 0, image.height, TJPF_RGB,
                    &buffer, &size, TJSAMP_444, quality,
                    TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT) != 0) {
    throw core::Error::internal(fmt::format("JPEG: {}", ::tjGetErrorStr2(encoder.get())));
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace ersatz::data
