// Reading and writing picture files: what is whole comes back, what is not is refused.
#include "data/images/image_file.h"

#include <gmock/gmock.h>
#include <turbojpeg.h>
#include <zlib.h>

#include <fstream>

#include "data/images/jpeg_codec.h"
#include "data/images/orientation.h"
#include "data/images/png_codec.h"
#include "data/images/png_text.h"
#include "support/process_memory.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

using core::ExitCode;
using ::testing::ElementsAre;
using ::testing::Pair;

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

std::string jpeg_of(const RgbImage& image, int pixel_format = TJPF_RGB) {
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

// A PNG with the given scan lines (each begins with its filter byte).
std::string png_of(std::uint32_t width, std::uint32_t height, int depth, int colour_type,
                   const std::string& lines, const std::string& more_chunks = {}) {
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

TEST(Png, RoundTripIsExact) {
  for (const auto& [width, height] : {std::pair(1, 1), {17, 5}, {64, 48}}) {
    const RgbImage image = gradient(width, height);
    const std::string bytes = encode_png(image);
    EXPECT_EQ(bytes, encode_png(image)) << "not deterministic";
    const RgbImage back = decode_image(bytes, "a.png");
    EXPECT_EQ(back.width, width);
    EXPECT_EQ(back.height, height);
    EXPECT_EQ(back.pixels, image.pixels);
    const ImageHeader header = parse_image_header(bytes, "a.png");
    EXPECT_EQ(header.format, ImageFormat::kPng);
    EXPECT_EQ(header.width, width);
    EXPECT_EQ(header.height, height);
  }
}

TEST(Png, GreyComesBackAsEqualChannels) {
  const GreyImage grey{2, 1, {10, 200}};
  EXPECT_THAT(decode_image(encode_png(grey), "a.png").pixels,
              ElementsAre(10, 10, 10, 200, 200, 200));
}

TEST(Png, EveryKindOfPixelBecomesRgb) {
  const std::string grey16("\0\x12\x34\xff\xff", 5);
  EXPECT_THAT(decode_image(png_of(2, 1, 16, 0, grey16), "a.png").pixels,
              ElementsAre(0x12, 0x12, 0x12, 255, 255, 255));
  const std::string rgba("\0\x0a\x14\x1e\x80", 5);  // alpha is dropped, not blended
  EXPECT_THAT(decode_image(png_of(1, 1, 8, 6, rgba), "a.png").pixels, ElementsAre(10, 20, 30));
  const std::string palette = chunk("PLTE", "\x01\x02\x03\x04\x05\x06");
  const std::string indices("\0\x40", 2);  // 1 bit: 0, 1
  EXPECT_THAT(decode_image(png_of(2, 1, 1, 3, indices, palette), "a.png").pixels,
              ElementsAre(1, 2, 3, 4, 5, 6));
  // A colour that stands for transparency stays that colour.
  const std::string transparent = palette + chunk("tRNS", std::string(1, '\0'));
  EXPECT_THAT(decode_image(png_of(2, 1, 1, 3, indices, transparent), "a.png").pixels,
              ElementsAre(1, 2, 3, 4, 5, 6));
  const std::string key = chunk("tRNS", std::string("\0\x0a\0\x14\0\x1e", 6));
  EXPECT_THAT(
      decode_image(png_of(1, 1, 8, 2, std::string("\0\x0a\x14\x1e", 4), key), "a.png").pixels,
      ElementsAre(10, 20, 30));
}

TEST(Png, EveryTruncationIsRefused) {
  const std::string bytes = encode_png(gradient(20, 20), {{"k", "text"}});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_ERSATZ_ERROR(decode_image(bytes.substr(0, size), "cut.png"), ExitCode::kUntrustedData,
                        "cut.png");
  }
}

TEST(Png, DamagedPixelsAreRefused) {
  const std::string bytes = encode_png(gradient(20, 20));
  for (std::size_t at = bytes.find("IDAT") + 4; at < bytes.size() - 16; at += 7) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_ERSATZ_ERROR(decode_image(damaged, "bad.png"), ExitCode::kUntrustedData, "bad.png");
  }
}

TEST(Png, EnormousPicturesAreRefusedByTheirHeader) {
  for (const auto& [width, height] : {std::pair(60'000u, 60'000u), {70'000u, 1u}, {1u, 0u}}) {
    const std::string bytes = png_of(width, height, 8, 2, std::string(100, '\0'));
    EXPECT_ERSATZ_ERROR(parse_image_header(bytes, "big.png"), ExitCode::kUntrustedData, "big.png");
    EXPECT_ERSATZ_ERROR(decode_image(bytes, "big.png"), ExitCode::kUntrustedData, "big.png");
  }
}

// 192 MB would be asked for before the first pixel is missed.
TEST(Png, AFewBytesCannotClaimMillionsOfPixels) {
  const std::string bytes = png_of(8000, 8000, 8, 2, std::string(100, '\0'));
  EXPECT_ERSATZ_ERROR(decode_image(bytes, "lie.png"), ExitCode::kUntrustedData,
                      "claims 8000 x 8000 pixels");
  // The emptiest picture there is packs nearly as well as anything can.
  const RgbImage black{2000, 2000, std::vector<std::uint8_t>(12'000'000)};
  const std::string packed = png_of(2000, 2000, 8, 2, std::string(2000 * (1 + 3 * 2000), '\0'));
  EXPECT_LT(packed.size(), 13'000u);
  EXPECT_EQ(decode_image(packed, "black.png").pixels, black.pixels);
}

// A text of 2 GB, of which 20 bytes are there.
TEST(Png, AFewBytesCannotClaimALargeChunk) {
  std::string bytes =
      png_of(1, 1, 8, 0, std::string("\0\7", 2), chunk("tEXt", std::string(20, 'x')));
  bytes[bytes.find("tEXt") - 4] = '\x7f';
  test::reset_peak_resident();
  const std::int64_t before = test::resident_bytes();
  for (const bool header : {true, false}) {
    const auto read = [&] {
      if (header) {
        parse_image_header(bytes, "lie.png");
      } else {
        decode_image(bytes, "lie.png");
      }
    };
    EXPECT_ERSATZ_ERROR(read(), ExitCode::kUntrustedData, "the file ends too early");
  }
  EXPECT_LT(test::peak_resident_bytes() - before, std::int64_t{64} << 20);
}

TEST(Png, TextsAreKept) {
  const std::vector<PngText> texts = {{"parameters", "a cat\nSteps: 5"},
                                      {"ersatz", "{\"prompt\":\"Käse, 猫\"}"}};
  const std::string bytes = encode_png(gradient(3, 3), texts);
  EXPECT_THAT(png_texts(bytes, "a.png"),
              ElementsAre(Pair("ersatz", texts[1].text), Pair("parameters", texts[0].text)));
  // ASCII as tEXt, which every program reads.
  EXPECT_NE(bytes.find("tEXtparameters"), std::string::npos);
  EXPECT_NE(bytes.find("iTXtersatz"), std::string::npos);
}

TEST(Png, TextOfLatin1IsConverted) {
  const std::string text = chunk("tEXt", std::string("author") + '\0' + "K\xe4se");
  const std::string bytes = png_of(1, 1, 8, 0, std::string(2, '\0'), text);
  EXPECT_THAT(png_texts(bytes, "a.png"), ElementsAre(Pair("author", "Käse")));
}

TEST(Png, TextsOfDamagedFilesAreRefused) {
  const std::string bytes = encode_png(gradient(3, 3), {{"k", "text"}});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_ERSATZ_ERROR(png_texts(bytes.substr(0, size), "cut.png"), ExitCode::kUntrustedData,
                        "cut.png");
  }
  std::string damaged = bytes;
  damaged[bytes.find("text")] = 'T';
  EXPECT_ERSATZ_ERROR(png_texts(damaged, "bad.png"), ExitCode::kUntrustedData, "checksum");
  std::string long_chunk = bytes;
  long_chunk[8] = '\x7f';
  EXPECT_ERSATZ_ERROR(png_texts(long_chunk, "bad.png"), ExitCode::kUntrustedData, "cut short");
}

RgbaImage translucent(int width, int height) {
  RgbaImage image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (const int value : {7 * x + y, 5 * y, x * y, 11 * x + 3 * y}) {
        image.pixels.push_back(static_cast<std::uint8_t>(value));
      }
    }
  }
  return image;
}

TEST(RgbaPng, RoundTripIsExact) {
  for (const PngEffort effort : {PngEffort::kSmall, PngEffort::kFast}) {
    for (const auto& [width, height] : {std::pair(1, 1), {17, 5}, {64, 48}}) {
      const RgbaImage image = translucent(width, height);
      const std::string bytes = encode_png(image, {}, effort);
      EXPECT_EQ(bytes, encode_png(image, {}, effort)) << "not deterministic";
      const RgbaImage back = decode_rgba_image(bytes, "a.png");
      EXPECT_EQ(back.width, width);
      EXPECT_EQ(back.height, height);
      EXPECT_EQ(back.pixels, image.pixels);
      // The other reader drops alpha, and does not blend.
      const RgbImage colours = decode_image(bytes, "a.png");
      for (std::size_t i = 0; i < colours.pixels.size(); ++i) {
        ASSERT_EQ(colours.pixels[i], image.pixels[i / 3 * 4 + i % 3]);
      }
    }
  }
}

TEST(RgbaPng, EveryKindOfTransparencyIsRead) {
  const std::string rgba("\0\x0a\x14\x1e\x80", 5);
  EXPECT_THAT(decode_rgba_image(png_of(1, 1, 8, 6, rgba), "a.png").pixels,
              ElementsAre(10, 20, 30, 128));
  const std::string rgba16("\0\x0a\x0a\x14\x14\x1e\x1e\x80\x80", 9);
  EXPECT_THAT(decode_rgba_image(png_of(1, 1, 16, 6, rgba16), "a.png").pixels,
              ElementsAre(10, 20, 30, 128));
  const std::string grey_alpha("\0\x0a\x80\xc8\x00", 5);
  EXPECT_THAT(decode_rgba_image(png_of(2, 1, 8, 4, grey_alpha), "a.png").pixels,
              ElementsAre(10, 10, 10, 128, 200, 200, 200, 0));
  const std::string palette = chunk("PLTE", "\x01\x02\x03\x04\x05\x06");
  const std::string indices("\0\x40", 2);  // 1 bit: 0, 1
  const std::string first_half = palette + chunk("tRNS", "\x40");
  EXPECT_THAT(decode_rgba_image(png_of(2, 1, 1, 3, indices, first_half), "a.png").pixels,
              ElementsAre(1, 2, 3, 64, 4, 5, 6, 255));
  const std::string key = chunk("tRNS", std::string("\0\x0a\0\x14\0\x1e", 6));
  const std::string two("\0\x0a\x14\x1e\x0b\x14\x1e", 7);
  EXPECT_THAT(decode_rgba_image(png_of(2, 1, 8, 2, two, key), "a.png").pixels,
              ElementsAre(10, 20, 30, 0, 11, 20, 30, 255));
}

TEST(RgbaPng, WithoutTransparencyIsRefused) {
  const auto refused = [](const std::string& bytes, const char* why) {
    EXPECT_ERSATZ_ERROR(decode_rgba_image(bytes, "opaque"), ExitCode::kUntrustedData, "opaque");
    EXPECT_ERSATZ_ERROR(decode_rgba_image(bytes, "opaque"), ExitCode::kUntrustedData, why);
  };
  refused(encode_png(gradient(4, 4)), "no transparency");
  refused(encode_png(GreyImage{2, 1, {10, 200}}), "no transparency");
  refused(jpeg_of(gradient(8, 8)), "JPEG");
  refused("GIF89a...", "neither a PNG nor a JPEG");
  refused("", "neither");
  // A palette without transparent entries; transparency that is damaged is not passed over.
  const std::string palette = chunk("PLTE", "\x01\x02\x03\x04\x05\x06");
  const std::string indices("\0\x40", 2);
  refused(png_of(2, 1, 1, 3, indices, palette), "no transparency");
  std::string transparent = chunk("tRNS", "\x40");
  transparent.back() = static_cast<char>(transparent.back() ^ 1);
  refused(png_of(2, 1, 1, 3, indices, palette + transparent), "damaged");
}

TEST(RgbaPng, EveryTruncationIsRefused) {
  const std::string bytes = encode_png(translucent(20, 20), {{"k", "text"}});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_ERSATZ_ERROR(decode_rgba_image(bytes.substr(0, size), "cut.png"),
                        ExitCode::kUntrustedData, "cut.png");
  }
}

// Any byte of any chunk: checksums are verified, also those of chunks beside the picture.
TEST(RgbaPng, EveryDamagedByteIsRefused) {
  const RgbaImage image = translucent(20, 20);
  const std::string bytes = encode_png(image, {{"k", "text"}});
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const char bit : {'\x01', '\x10', '\x80'}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ bit);
      try {
        const RgbaImage back = decode_rgba_image(damaged, "bad.png");
        // Nothing is left to accept but what leaves the picture as it was.
        ADD_FAILURE() << "byte " << at << ": " << (back.pixels == image.pixels);
      } catch (const core::Error& error) {
        EXPECT_EQ(error.code(), ExitCode::kUntrustedData) << at;
      }
    }
  }
}

TEST(RgbaPng, EnormousPicturesAreRefusedByTheirHeader) {
  for (const auto& [width, height] : {std::pair(60'000u, 60'000u), {70'000u, 1u}, {1u, 0u}}) {
    const std::string bytes = png_of(width, height, 8, 6, std::string(100, '\0'));
    EXPECT_ERSATZ_ERROR(decode_rgba_image(bytes, "big.png"), ExitCode::kUntrustedData, "big.png");
  }
}

TEST(RgbaImages, AreJoinedFromColourAndAlpha) {
  const RgbImage colour{2, 1, {1, 2, 3, 4, 5, 6}};
  EXPECT_THAT(with_alpha(colour, {2, 1, {9, 8}}).pixels, ElementsAre(1, 2, 3, 9, 4, 5, 6, 8));
  EXPECT_ERSATZ_ERROR(with_alpha(colour, {1, 2, {9, 8}}), ExitCode::kInternal, "2 x 1");
}

TEST(Png, FastIsTheSamePicture) {
  const RgbImage image = gradient(64, 48);
  const std::string fast = encode_png(image, {{"k", "text"}}, PngEffort::kFast);
  EXPECT_EQ(decode_image(fast, "a.png").pixels, image.pixels);
  EXPECT_THAT(png_texts(fast, "a.png"), ElementsAre(Pair("k", "text")));
}

TEST(Jpeg, WrittenFilesAreReadAgain) {
  RgbImage image{48, 40, {}};
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 48; ++x) {
      for (const int value : {2 * x + y, 100 + x, 200 - 2 * y}) {
        image.pixels.push_back(static_cast<std::uint8_t>(value));
      }
    }
  }
  const std::string bytes = encode_jpeg(image, 95);
  EXPECT_EQ(bytes, encode_jpeg(image, 95));
  EXPECT_LT(encode_jpeg(image, 20).size(), bytes.size());
  const RgbImage back = decode_image(bytes, "a.jpg");
  ASSERT_EQ(back.pixels.size(), image.pixels.size());
  for (std::size_t i = 0; i < back.pixels.size(); ++i) {
    ASSERT_NEAR(back.pixels[i], image.pixels[i], 6) << i;
  }
  EXPECT_ERSATZ_ERROR(encode_jpeg(image, 0), ExitCode::kUsage, "quality 0");
  EXPECT_ERSATZ_ERROR(encode_jpeg(image, 101), ExitCode::kUsage, "quality 101");
  EXPECT_ERSATZ_ERROR(encode_jpeg({70'000, 1, {}}, 90), ExitCode::kUsage, "70000 x 1");
}

TEST(Jpeg, IsReadNearlyAsWritten) {
  RgbImage image{40, 24, std::vector<std::uint8_t>(40 * 24 * 3, 120)};
  const std::string bytes = jpeg_of(image);
  const RgbImage back = decode_image(bytes, "a.jpg");
  ASSERT_EQ(back.pixels.size(), image.pixels.size());
  for (const std::uint8_t value : back.pixels) EXPECT_NEAR(value, 120, 2);
  EXPECT_EQ(parse_image_header(bytes, "a.jpg").format, ImageFormat::kJpeg);
}

TEST(Jpeg, EveryTruncationIsRefused) {
  const std::string bytes = jpeg_of(gradient(48, 48));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_ERSATZ_ERROR(decode_image(bytes.substr(0, size), "cut.jpg"), ExitCode::kUntrustedData,
                        "cut.jpg");
  }
}

TEST(Jpeg, PrintColoursAreRefused) {
  RgbImage image{8, 8, std::vector<std::uint8_t>(8 * 8 * 4, 100)};
  EXPECT_ERSATZ_ERROR(decode_image(jpeg_of(image, TJPF_CMYK), "a.jpg"), ExitCode::kUntrustedData,
                      "CMYK");
}

TEST(ImageFiles, OthersAreRefusedAndAbsentOnesMissing) {
  const test::TemporaryFolder folder;
  EXPECT_ERSATZ_ERROR(decode_image("GIF89a...", "a.gif"), ExitCode::kUntrustedData,
                      "neither a PNG nor a JPEG");
  EXPECT_ERSATZ_ERROR(decode_image("", "empty"), ExitCode::kUntrustedData, "neither");
  EXPECT_ERSATZ_ERROR(read_image(folder / "none.png"), ExitCode::kMissing, "none.png");
  std::ofstream(folder / "a.png", std::ios::binary) << encode_png(gradient(4, 3));
  EXPECT_EQ(read_image(folder / "a.png").pixels, gradient(4, 3).pixels);
  EXPECT_EQ(read_image_header(folder / "a.png").width, 4);
}

// A JPEG that begins with Exif data of the given orientation.
std::string with_orientation(const std::string& jpeg, int orientation, bool little_endian) {
  const auto number = [&](std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) {
      const int shift = 8 * (little_endian ? i : bytes - 1 - i);
      text += static_cast<char>(value >> shift & 0xff);
    }
    return text;
  };
  std::string exif = std::string("Exif\0\0", 6) + (little_endian ? "II" : "MM") + number(42, 2) +
                     number(8, 4) + number(2, 2);
  exif += number(0x010f, 2) + number(2, 2) + number(2, 4) + number(0, 4);  // the maker
  exif += number(0x0112, 2) + number(3, 2) + number(1, 4) +
          number(static_cast<std::uint32_t>(orientation), 2) + number(0, 2);
  std::string length;
  append_number(length, static_cast<std::uint32_t>(exif.size() + 2));
  return jpeg.substr(0, 2) + "\xff\xe1" + length.substr(2) + exif + jpeg.substr(2);
}

TEST(Orientation, IsReadFromExif) {
  const std::string jpeg = jpeg_of(gradient(8, 16));
  EXPECT_EQ(exif_orientation(jpeg), 1);
  for (int orientation = 0; orientation <= 9; ++orientation) {
    const int expected = orientation >= 1 && orientation <= 8 ? orientation : 1;
    for (const bool little : {false, true}) {
      const std::string photo = with_orientation(jpeg, orientation, little);
      EXPECT_EQ(exif_orientation(photo), expected);
      EXPECT_EQ(decode_image(photo, "a.jpg").width, 8);
    }
  }
  // Cut anywhere, it is not read beyond the end.
  const std::string photo = with_orientation(jpeg, 6, true);
  for (std::size_t size = 0; size < 60; ++size) {
    EXPECT_THAT(exif_orientation(photo.substr(0, size)), ::testing::AnyOf(1, 6));
  }
}

TEST(Orientation, PicturesAreTurned) {
  // a b c
  // d e f
  RgbImage image{3, 2, {}};
  for (const char c : {'a', 'b', 'c', 'd', 'e', 'f'}) {
    image.pixels.insert(image.pixels.end(), 3, static_cast<std::uint8_t>(c));
  }
  const char* expected[] = {"abcdef", "cbafed", "fedcba", "defabc",
                            "adbecf", "daebfc", "fcebda", "cfbead"};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const RgbImage turned = upright(image, orientation);
    EXPECT_EQ(turned.width, orientation < 5 ? 3 : 2);
    EXPECT_EQ(turned.height, orientation < 5 ? 2 : 3);
    std::string letters;
    for (std::size_t i = 0; i < turned.pixels.size(); i += 3) {
      letters += static_cast<char>(turned.pixels[i]);
    }
    EXPECT_EQ(letters, expected[orientation - 1]) << orientation;
  }
}

TEST(Orientation, PhotosAreReadUpright) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "photo.jpg", std::ios::binary)
      << with_orientation(jpeg_of(gradient(8, 16)), 6, false);
  EXPECT_EQ(read_image(folder / "photo.jpg").width, 8);
  EXPECT_EQ(read_upright_image(folder / "photo.jpg").width, 16);
  std::ofstream(folder / "a.png", std::ios::binary) << encode_png(gradient(4, 3));
  EXPECT_EQ(read_upright_image(folder / "a.png").pixels, gradient(4, 3).pixels);
}

TEST(Grey, IsLuma) {
  const RgbImage image{4, 1, {255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255}};
  EXPECT_THAT(to_grey(image).pixels, ElementsAre(255, 76, 150, 29));
}

}  // namespace
}  // namespace ersatz::data
