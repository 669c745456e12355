#include "data/images/encoded_images.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "data/images/png_codec.h"

namespace ersatz::data::test_files {

RgbImage gradient(int width, int height) {
  RgbImage image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (const int value : {7 * x + y, 5 * y, x * y}) {
        image.pixels.push_back(static_cast<std::uint8_t>(value));
      }
    }
  }
  return image;
}

std::string jpeg_of(const RgbImage& image, int pixel_format) {
  tjhandle encoder = ::tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  const int sampling = pixel_format == TJPF_CMYK ? TJSAMP_444 : TJSAMP_420;
  EXPECT_EQ(::tjCompress2(encoder, image.pixels.data(), image.width, 0, image.height, pixel_format,
                          &bytes, &size, sampling, 90, 0),
            0);
  std::string result(reinterpret_cast<const char*>(bytes), size);
  ::tjFree(bytes);
  ::tjDestroy(encoder);
  return result;
}

void append_number(std::string& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
}

std::string chunk(const std::string& type, const std::string& data) {
  std::string bytes;
  append_number(bytes, static_cast<std::uint32_t>(data.size()));
  const std::string body = type + data;
  bytes += body;
  append_number(bytes,
                static_cast<std::uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(body.data()),
                                                   static_cast<uInt>(body.size()))));
  return bytes;
}

std::string png_of(std::uint32_t width, std::uint32_t height, int depth, int colour_type,
                   const std::string& lines, const std::string& more_chunks) {
  std::string header;
  append_number(header, width);
  append_number(header, height);
  header += static_cast<char>(depth);
  header += static_cast<char>(colour_type);
  header += std::string(3, '\0');
  std::string packed(::compressBound(lines.size()), '\0');
  uLongf size = packed.size();
  ::compress(reinterpret_cast<Bytef*>(packed.data()), &size,
             reinterpret_cast<const Bytef*>(lines.data()), lines.size());
  packed.resize(size);
  return std::string(kPngSignature) + chunk("IHDR", header) + more_chunks + chunk("IDAT", packed) +
         chunk("IEND", "");
}

}  // namespace ersatz::data::test_files
