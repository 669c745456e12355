// JPEG, and picture files of any kind.
#include "data/images/image_file.h"

#include <gmock/gmock.h>
#include <turbojpeg.h>

#include <fstream>

#include "data/images/encoded_images.h"
#include "data/images/jpeg_codec.h"
#include "data/images/png_codec.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

using core::ExitCode;
using namespace test_files;
using ::testing::ElementsAre;
using ::testing::Pair;

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

TEST(Grey, IsLuma) {
  const RgbImage image{4, 1, {255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255}};
  EXPECT_THAT(to_grey(image).pixels, ElementsAre(255, 76, 150, 29));
}

}  // namespace
}  // namespace ersatz::data
