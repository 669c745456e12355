// Which way up a photograph is.
#include "data/images/orientation.h"

#include <gmock/gmock.h>

#include <fstream>

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

}  // namespace
}  // namespace ersatz::data
