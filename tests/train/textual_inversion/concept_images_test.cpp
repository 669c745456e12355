#include "train/textual_inversion/concept_images.h"

#include <gtest/gtest.h>

#include "core/file_system.h"
#include "data/images/png_codec.h"
#include "support/test_support.h"

namespace ersatz::train {
namespace {

// Black, with white columns [first, last).
data::RgbImage columns(int width, int height, int first, int last) {
  data::RgbImage image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) image.pixels.push_back(x >= first && x < last ? 255 : 0);
    }
  }
  return image;
}

int red_at(const data::RgbImage& image, int x, int y) {
  return image.pixels[static_cast<std::size_t>(3 * (y * image.width + x))];
}

class ConceptImagesTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const data::RgbImage& image) {
    core::write_file_atomic(folder_ / name, data::encode_png(image));
  }
  test::TemporaryFolder folder_;
};

TEST_F(ConceptImagesTest, EveryPictureOfTheFolderInOrder) {
  write("b.png", columns(32, 32, 0, 32));
  write("a.PNG", columns(32, 32, 0, 0));
  write("more/c.png", columns(64, 32, 0, 64));
  core::write_file_atomic(folder_ / "notes.txt", "not a picture");
  for (const std::string& name : {folder_.path().string(), folder_.path().string() + "/"}) {
    const ConceptImages images = load_concept_images(name, {16, false});
    EXPECT_EQ(images.names, (std::vector<std::string>{"a.PNG", "b.png", "more/c.png"}));
    ASSERT_EQ(images.pictures.size(), 3U);
    for (const data::RgbImage& picture : images.pictures) {
      EXPECT_EQ(picture.width, 16);
      EXPECT_EQ(picture.height, 16);
    }
    EXPECT_EQ(red_at(images.pictures[0], 8, 8), 0);
    EXPECT_EQ(red_at(images.pictures[2], 8, 8), 255);
  }
}

TEST_F(ConceptImagesTest, TheWholePictureOrItsMiddle) {
  // White in the middle half of the width.
  const data::RgbImage wide = columns(64, 32, 16, 48);
  const data::RgbImage squeezed = prepare_picture(wide, {16, false});
  EXPECT_EQ(red_at(squeezed, 1, 8), 0);
  EXPECT_EQ(red_at(squeezed, 8, 8), 255);
  EXPECT_EQ(red_at(squeezed, 14, 8), 0);
  const data::RgbImage middle = prepare_picture(wide, {16, true});
  for (int x = 0; x < 16; ++x) EXPECT_EQ(red_at(middle, x, 8), 255) << x;
}

TEST_F(ConceptImagesTest, APictureOfTheRightSizeStaysAsItIs) {
  const data::RgbImage image = columns(16, 16, 3, 7);
  EXPECT_EQ(prepare_picture(image, {16, true}).pixels, image.pixels);
}

TEST_F(ConceptImagesTest, ReducingAveragesInsteadOfSkipping) {
  // Single columns of white: three of four pixels are black.
  data::RgbImage image = columns(64, 64, 0, 0);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; x += 4) {
      for (int c = 0; c < 3; ++c)
        image.pixels[static_cast<std::size_t>(3 * (y * 64 + x) + c)] = 255;
    }
  }
  const data::RgbImage small = prepare_picture(image, {8, false});
  for (int x = 1; x < 7; ++x) EXPECT_NEAR(red_at(small, x, 4), 64, 12) << x;
}

TEST_F(ConceptImagesTest, RefusesFoldersWithoutPicturesAndDamagedOnes) {
  const auto load = [&] { return load_concept_images(folder_.path(), {16, false}); };
  EXPECT_ERSATZ_ERROR(load_concept_images(folder_ / "nowhere", {16, false}),
                      core::ExitCode::kMissing, "nowhere");
  EXPECT_ERSATZ_ERROR(load(), core::ExitCode::kMissing, "no photo");
  write("good.png", columns(32, 32, 0, 0));
  const std::string bytes = core::read_file(folder_ / "good.png");
  core::write_file_atomic(folder_ / "torn.png", bytes.substr(0, bytes.size() - 20));
  EXPECT_ERSATZ_ERROR(load(), core::ExitCode::kUntrustedData, "torn.png");
  core::write_file_atomic(folder_ / "torn.png", "no picture at all");
  EXPECT_ERSATZ_ERROR(load(), core::ExitCode::kUntrustedData, "torn.png");
  std::filesystem::remove(folder_ / "torn.png");
  core::write_file_atomic(folder_ / "x.webp", bytes);
  EXPECT_ERSATZ_ERROR(load(), core::ExitCode::kUntrustedData, "x.webp");
}

TEST_F(ConceptImagesTest, TheDigestIsOfThePixels) {
  ConceptImages images = {{columns(16, 16, 3, 7)}, {"a"}};
  const std::string digest = digest_of(images);
  images.names = {"b"};
  EXPECT_EQ(digest_of(images), digest);
  images.pictures[0].pixels[5] ^= 1;
  EXPECT_NE(digest_of(images), digest);
}

}  // namespace
}  // namespace ersatz::train
