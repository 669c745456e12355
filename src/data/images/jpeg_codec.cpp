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
using Decoder = std::unique_ptr<void, Destroy>;

Decoder make_decoder() {
  Decoder decoder(::tjInitDecompress());
  if (!decoder) throw core::Error::internal("libjpeg-turbo could not be started");
  return decoder;
}

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

core::Error refused(const Decoder& decoder, const fs::path& file) {
  return core::Error::untrusted(
      file, fmt::format("damaged or incomplete JPEG: {}", ::tjGetErrorStr2(decoder.get())));
}

ImageHeader header(const Decoder& decoder, std::string_view bytes, const fs::path& file) {
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
  const Decoder decoder = make_decoder();
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

}  // namespace ersatz::data
