#include "train/fine_tuning/class_pictures.h"

#include <gtest/gtest.h>

#include "core/file_system.h"
#include "support/test_support.h"
#include "train/textual_inversion/inversion_fixture.h"

namespace ersatz::train {
namespace {

namespace fs = std::filesystem;

class ClassPictures : public ::testing::Test {
 protected:
  std::vector<data::RgbImage> make(const ClassPictureRequest& request, const fs::path& folder) {
    return class_pictures(model_.networks(), model_.tokenizer(), request, folder);
  }

  test::TemporaryFolder folder_;
  test::SmallModel model_{folder_.path()};
};

ClassPictureRequest small_request(std::int64_t count) {
  ClassPictureRequest request;
  request.prompt = "a disc";
  request.count = count;
  request.side = 16;
  request.steps = 3;
  request.batch_size = 2;
  request.model = "0123abcd";
  return request;
}

TEST_F(ClassPictures, AreMadeOnceAndGoOn) {
  const std::string before = model_.digest();
  const auto all = make(small_request(5), folder_ / "all");
  ASSERT_EQ(all.size(), 5U);
  EXPECT_NE(all[0].pixels, all[1].pixels);
  for (const data::RgbImage& picture : all) EXPECT_EQ(picture.width, 16);
  EXPECT_EQ(model_.digest(), before);

  // Fewer at first, one damaged and one lost, and the rest in other batches.
  make(small_request(3), folder_ / "parts");
  const fs::path first = folder_ / "parts/00000.png";
  const std::string bytes = core::read_file(first);
  core::write_file_atomic(first, bytes.substr(0, bytes.size() / 2));
  fs::remove(folder_ / "parts/00001.png");
  const auto kept = fs::last_write_time(folder_ / "parts/00002.png");
  const auto parts = make(small_request(5), folder_ / "parts");
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(parts[i].pixels, all[i].pixels) << i;
  EXPECT_EQ(core::read_file(first), bytes);
  EXPECT_EQ(fs::last_write_time(folder_ / "parts/00002.png"), kept);
}

TEST_F(ClassPictures, OfAnotherRequestAreNotTaken) {
  make(small_request(2), folder_ / "class");
  ClassPictureRequest other = small_request(2);
  other.prompt = "a square";
  EXPECT_ERSATZ_ERROR(make(other, folder_ / "class"), core::ExitCode::kUsage, "'prompt' differs");
  other = small_request(2);
  other.model = "another";
  EXPECT_ERSATZ_ERROR(make(other, folder_ / "class"), core::ExitCode::kUsage, "'model' differs");
  EXPECT_ERSATZ_ERROR(make(small_request(0), folder_ / "none"), core::ExitCode::kUsage,
                      "at least 1");
}

}  // namespace
}  // namespace ersatz::train
