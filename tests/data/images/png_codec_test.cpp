// PNG: what is whole comes back, what is not is refused.
#include "data/images/png_codec.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include "data/images/encoded_images.h"
#include "data/images/image_file.h"
#include "data/images/png_text.h"
#include "support/process_memory.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

using core::ExitCode;
using namespace test_files;
using ::testing::ElementsAre;
using ::testing::Pair;

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

// Each unpacks to a thousand times its size; none of them is looked at.
TEST(Png, TextsAndProfilesAreNotUnpackedForThePicture) {
  constexpr std::size_t kUnpacked = 7'000'000;
  const std::string text(kUnpacked, ' ');
  std::string packed(::compressBound(kUnpacked), '\0');
  uLongf size = packed.size();
  ASSERT_EQ(::compress(reinterpret_cast<Bytef*>(packed.data()), &size,
                       reinterpret_cast<const Bytef*>(text.data()), kUnpacked),
            Z_OK);
  packed.resize(size);
  const std::string word("k\0", 2), plain = chunk("tEXt", word + "plain");
  std::string chunks = plain + chunk("iCCP", word + '\0' + packed);
  for (int i = 0; i < 15; ++i) {
    chunks += chunk("zTXt", word + '\0' + packed);
    chunks += chunk("iTXt", word + std::string("\1\0\0\0", 4) + packed);
  }
  const std::string bytes = png_of(1, 1, 8, 6, std::string("\0\1\2\3\4", 5), chunks);
  test::reset_peak_resident();
  const std::int64_t before = test::resident_bytes();
  EXPECT_EQ(parse_image_header(bytes, "a.png").width, 1);
  EXPECT_THAT(decode_image(bytes, "a.png").pixels, ElementsAre(1, 2, 3));
  EXPECT_THAT(decode_rgba_image(bytes, "a.png").pixels, ElementsAre(1, 2, 3, 4));
  EXPECT_LT(test::peak_resident_bytes() - before, std::int64_t{16} << 20);
  EXPECT_THAT(png_texts(bytes, "a.png"), ElementsAre(Pair("k", "plain")));
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

TEST(Png, FastIsTheSamePicture) {
  const RgbImage image = gradient(64, 48);
  const std::string fast = encode_png(image, {{"k", "text"}}, PngEffort::kFast);
  EXPECT_EQ(decode_image(fast, "a.png").pixels, image.pixels);
  EXPECT_THAT(png_texts(fast, "a.png"), ElementsAre(Pair("k", "text")));
}

}  // namespace
}  // namespace ersatz::data
