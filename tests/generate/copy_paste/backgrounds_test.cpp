#include "generate/copy_paste/backgrounds.h"

#include "core/digest.h"
#include "data/images/image_file.h"
#include "data/images/jpeg_codec.h"
#include "data/images/png_codec.h"
#include "generate/copy_paste/sample_pictures.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;

class BackgroundFiles : public ::testing::Test {
 protected:
  BackgroundFiles() {
    test::write_bytes(folder_ / "b.png", data::encode_png(test::sample_background(30, 20, 1)));
    test::write_bytes(folder_ / "sub/a.JPG",
                      data::encode_jpeg(test::sample_background(40, 24, 2), 90));
    test::write_bytes(folder_ / "list.txt", "no picture");
  }
  test::TemporaryFolder folder_;
};

TEST_F(BackgroundFiles, AreListedSortedWithSizesAndDigests) {
  const auto backgrounds = open_backgrounds(folder_.path());
  ASSERT_EQ(backgrounds->size(), 2u);
  const Backgrounds::Entry& first = backgrounds->entries()[0];
  EXPECT_EQ(first.name, "b.png");
  EXPECT_EQ(first.width, 30);
  EXPECT_EQ(first.height, 20);
  EXPECT_EQ(first.sha256, core::sha256_file(folder_ / "b.png"));
  EXPECT_EQ(backgrounds->entries()[1].name, "sub/a.JPG");
  EXPECT_EQ(backgrounds->read(0)->pixels, test::sample_background(30, 20, 1).pixels);
  EXPECT_EQ(backgrounds->read(1)->pixels, data::read_image(folder_ / "sub/a.JPG").pixels);
}

TEST_F(BackgroundFiles, TheDigestIsThatOfNamesAndContent) {
  const std::string digest = open_backgrounds(folder_.path(), 1)->digest();
  EXPECT_EQ(open_backgrounds(folder_.path(), 3)->digest(), digest);
  fs::rename(folder_ / "b.png", folder_ / "c.png");
  EXPECT_NE(open_backgrounds(folder_.path())->digest(), digest);
  fs::rename(folder_ / "c.png", folder_ / "b.png");
  EXPECT_EQ(open_backgrounds(folder_.path())->digest(), digest);
  test::write_bytes(folder_ / "b.png", data::encode_png(test::sample_background(30, 20, 3)));
  EXPECT_NE(open_backgrounds(folder_.path())->digest(), digest);
}

TEST_F(BackgroundFiles, AreKeptWithinTheCache) {
  const auto kept = open_backgrounds(folder_.path());
  EXPECT_EQ(kept->read(0).get(), kept->read(0).get());
  const auto uncached = open_backgrounds(folder_.path(), 0, 0);
  const auto once = uncached->read(0);
  EXPECT_NE(uncached->read(0).get(), once.get());
  // Room for one of them: the one used last stays.
  const auto one = open_backgrounds(folder_.path(), 0, 40 * 24 * 3);
  const auto first = one->read(0);
  EXPECT_EQ(one->read(0).get(), first.get());
  const auto second = one->read(1);
  EXPECT_EQ(one->read(1).get(), second.get());
  EXPECT_NE(one->read(0).get(), first.get());
}

TEST_F(BackgroundFiles, EmptySetsAreMissing) {
  EXPECT_ERSATZ_ERROR(open_backgrounds(folder_ / "none"), ExitCode::kMissing, "no folder");
  fs::create_directories(folder_ / "empty/sub");
  EXPECT_ERSATZ_ERROR(open_backgrounds(folder_ / "empty"), ExitCode::kMissing,
                      "there is no background");
  EXPECT_ERSATZ_ERROR(make_backgrounds({}), ExitCode::kMissing, "there is no background");
}

TEST_F(BackgroundFiles, WhatIsNoPictureIsRefusedAtOnce) {
  test::write_bytes(folder_ / "z.jpg", "no picture");
  EXPECT_ERSATZ_ERROR(open_backgrounds(folder_.path()), ExitCode::kUntrustedData, "z.jpg");
}

TEST_F(BackgroundFiles, DamagedPixelsAreRefusedWhenRead) {
  const std::string whole = data::encode_jpeg(test::sample_background(40, 24), 90);
  test::write_bytes(folder_ / "z.jpg", whole.substr(0, whole.size() - 20));
  const auto backgrounds = open_backgrounds(folder_.path());
  EXPECT_ERSATZ_ERROR(backgrounds->read(2), ExitCode::kUntrustedData, "z.jpg");
}

TEST_F(BackgroundFiles, ChangesAreNoticed) {
  const auto backgrounds = open_backgrounds(folder_.path());
  test::write_bytes(folder_ / "b.png", data::encode_png(test::sample_background(30, 20, 3)));
  EXPECT_ERSATZ_ERROR(backgrounds->read(0), ExitCode::kDigestMismatch, "b.png");
}

}  // namespace
}  // namespace ersatz::generate
