// PNG with transparency.
#include <gmock/gmock.h>

#include "data/images/encoded_images.h"
#include "data/images/image_file.h"
#include "data/images/png_codec.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

using core::ExitCode;
using namespace test_files;
using ::testing::ElementsAre;
using ::testing::Pair;

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

}  // namespace
}  // namespace ersatz::data
