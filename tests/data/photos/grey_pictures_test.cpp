#include "data/photos/grey_pictures.h"

#include <gtest/gtest.h>

#include "core/file_system.h"
#include "core/log.h"
#include "data/images/encoded_images.h"
#include "data/images/png_codec.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;
using test_files::chunk;
using test_files::gradient;
using test_files::jpeg_of;
using test_files::png_of;

constexpr int kSide = 28;
constexpr int kPalette = 3, kGreyAlpha = 4, kColourAlpha = 6;  // colour types of PNG

void write(const fs::path& path, const std::string& bytes) { core::write_file_atomic(path, bytes); }

int first_pixel(const GreyPictures& pictures, const char* file) {
  for (std::size_t i = 0; i < pictures.files.size(); ++i) {
    if (pictures.files[i] == fs::path("hat") / file) return pictures.images.image(i)[0];
  }
  ADD_FAILURE() << file << " was left out";
  return -1;
}

TEST(GreyPictures, EveryKindOfPictureIsReadOrNamed) {
  const test::TemporaryFolder folder;
  const fs::path hats = folder / "hat";
  write(hats / "rgb.png", encode_png(RgbImage{2, 2, std::vector<std::uint8_t>(12, 100)}));
  write(hats / "grey.png", encode_png(GreyImage{3, 2, std::vector<std::uint8_t>(6, 77)}));
  // Half transparent black: (0 * 128 + 255 * 127) / 255.
  RgbaImage rgba{2, 2, std::vector<std::uint8_t>(16, 0)};
  for (std::size_t i = 3; i < 16; i += 4) rgba.pixels[i] = 128;
  write(hats / "rgba.png", encode_png(rgba));
  write(hats / "grey_alpha.png", png_of(1, 1, 8, kGreyAlpha, std::string("\0\x10\0", 3)));
  // A palette whose only colour is transparent.
  write(hats / "palette.png", png_of(1, 1, 8, kPalette, std::string("\0\0", 2),
                                     chunk("PLTE", std::string("\x10\x20\x30", 3)) +
                                         chunk("tRNS", std::string(1, '\0'))));
  // 16 bits: 0x8080 is 128.
  write(hats / "deep.png",
        png_of(1, 1, 16, kColourAlpha, std::string("\0\x80\x80\x80\x80\x80\x80\xff\xff", 9)));
  write(hats / "one.png", encode_png(RgbImage{1, 1, {9, 9, 9}}));
  const std::string jpeg = jpeg_of(gradient(40, 30));
  write(hats / "photo.jpg", jpeg);
  write(hats / "cut_short.jpg", jpeg.substr(0, jpeg.size() / 2));
  write(hats / "cut_short.png", encode_png(gradient(20, 20)).substr(0, 90));
  write(hats / "cmyk.jpg", jpeg_of(RgbImage{8, 8, std::vector<std::uint8_t>(256, 50)}, TJPF_CMYK));
  write(hats / "text.png", "this is no picture");
  write(hats / "empty.jpg", "");

  const GreyPictures pictures = load_grey_pictures(list_image_folder(folder.path()), kSide);
  EXPECT_EQ(pictures.images.size(), 8U);
  EXPECT_EQ(pictures.images.height, kSide);
  EXPECT_EQ(pictures.images.channels, 1);
  EXPECT_EQ(first_pixel(pictures, "rgb.png"), 100);
  EXPECT_EQ(first_pixel(pictures, "grey.png"), 77);
  EXPECT_EQ(first_pixel(pictures, "rgba.png"), 127);
  EXPECT_EQ(first_pixel(pictures, "grey_alpha.png"), 255);
  EXPECT_EQ(first_pixel(pictures, "palette.png"), 255);
  EXPECT_EQ(first_pixel(pictures, "deep.png"), 128);
  EXPECT_EQ(first_pixel(pictures, "one.png"), 9);
  ASSERT_EQ(pictures.refused.size(), 5U);
  const char* names[] = {"hat/cmyk.jpg", "hat/cut_short.jpg", "hat/cut_short.png", "hat/empty.jpg",
                         "hat/text.png"};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(pictures.refused[i].file, names[i]);
    EXPECT_NE(pictures.refused[i].reason.find(names[i]), std::string::npos)
        << pictures.refused[i].reason;
  }
  EXPECT_NE(pictures.refused[0].reason.find("CMYK"), std::string::npos);
  std::string warned;
  for (const std::string& warning : core::logged_warnings()) warned += warning;
  EXPECT_NE(warned.find("5 of 13 pictures"), std::string::npos) << warned;
  EXPECT_NE(warned.find("cut_short.jpg"), std::string::npos) << warned;
}

TEST(GreyPictures, AreChangedBeforeTheyAreMadeSmall) {
  const test::TemporaryFolder folder;
  write(folder / "hat/a.png", encode_png(gradient(60, 40)));
  int width = 0;
  const auto change = [&](const RgbImage& picture) {
    width = picture.width;
    return RgbImage{1, 1, {200, 200, 200}};
  };
  const GreyPictures pictures = load_grey_pictures(list_image_folder(folder.path()), kSide, change);
  EXPECT_EQ(width, 60);
  EXPECT_EQ(pictures.images.pixels, std::vector<std::uint8_t>(kSide * kSide, 200));
}

TEST(GreyPictures, AClassWithoutAnyReadablePictureIsRefused) {
  const test::TemporaryFolder folder;
  write(folder / "hat/a.png", encode_png(gradient(4, 4)));
  write(folder / "shoes/a.png", "nothing");
  EXPECT_ERSATZ_ERROR(load_grey_pictures(list_image_folder(folder.path()), kSide),
                      ExitCode::kUntrustedData, "shoes");
}

}  // namespace
}  // namespace ersatz::data
