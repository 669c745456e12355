#include "generate/copy_paste/cut_out.h"

#include <gmock/gmock.h>

#include "core/digest.h"
#include "core/file_system.h"
#include "data/images/jpeg_codec.h"
#include "data/images/png_codec.h"
#include "generate/copy_paste/sample_pictures.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;
using ::testing::ElementsAre;

class CutOuts : public ::testing::Test {
 protected:
  CutOuts() { test::write_sample_sets(folder_.path(), {"orange", "kiwi"}, 4, 1); }
  std::vector<std::string> names(const CutOutClass& one) const {
    std::vector<std::string> result;
    for (const CutOut& cut_out : one.cut_outs) result.push_back(cut_out.name);
    return result;
  }
  fs::path masks() const { return folder_ / "masks"; }
  test::TemporaryFolder folder_;
};

TEST_F(CutOuts, EveryFolderIsAClass) {
  test::write_bytes(masks() / "kiwi/green/9.PNG", data::encode_png(test::sample_disc(9)));
  test::write_bytes(masks() / "kiwi/.hidden/1.png", "not a picture");
  test::write_bytes(masks() / ".git/1.png", "not a picture");
  test::write_bytes(masks() / "kiwi/read.me", "no cut-out");
  const std::vector<CutOutClass> classes = load_cut_outs(masks());
  ASSERT_EQ(classes.size(), 2u);
  EXPECT_EQ(classes[0].name, "kiwi");
  EXPECT_EQ(classes[1].name, "orange");
  EXPECT_THAT(names(classes[0]), ElementsAre("0.png", "1.png", "2.png", "3.png", "green/9.PNG"));
  EXPECT_EQ(classes[1].cut_outs[2].image.pixels, test::sample_disc(18, 2).pixels);
  EXPECT_EQ(classes[1].cut_outs[2].sha256, core::sha256_file(masks() / "orange/2.png"));
}

TEST_F(CutOuts, ClassesCanBeChosen) {
  const std::vector<CutOutClass> classes = load_cut_outs(masks(), {{"orange"}, 0, 0});
  ASSERT_EQ(classes.size(), 1u);
  EXPECT_EQ(classes[0].name, "orange");
  EXPECT_ERSATZ_ERROR(load_cut_outs(masks(), {{"orang"}, 0, 0}), ExitCode::kMissing,
                      "did you mean 'orange'?");
  EXPECT_ERSATZ_ERROR(load_cut_outs(masks(), {{"kiwi", "kiwi"}, 0, 0}), ExitCode::kUsage, "twice");
}

TEST_F(CutOuts, SomeAreDrawnBySeed) {
  std::map<std::string, int> counts;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const CutOutClass one = load_cut_outs(masks(), {{"kiwi"}, 2, seed})[0];
    ASSERT_EQ(one.cut_outs.size(), 2u);
    EXPECT_NE(one.cut_outs[0].name, one.cut_outs[1].name);
    EXPECT_EQ(names(one), names(load_cut_outs(masks(), {{"kiwi", "orange"}, 2, seed})[0]));
    for (const std::string& name : names(one)) ++counts[name];
  }
  ASSERT_EQ(counts.size(), 4u);
  for (const auto& [name, count] : counts) EXPECT_NEAR(count, 200, 50) << name;
}

TEST_F(CutOuts, TooFewAreNamedWithTheirNumber) {
  EXPECT_ERSATZ_ERROR(load_cut_outs(masks(), {{}, 5, 0}), ExitCode::kMissing,
                      "class 'kiwi' has 4 cut-outs, 5 are asked for");
  EXPECT_ERSATZ_ERROR(load_cut_outs(masks(), {{}, -1, 0}), ExitCode::kUsage, "-1");
  fs::create_directories(masks() / "banana");
  EXPECT_ERSATZ_ERROR(load_cut_outs(masks()), ExitCode::kMissing, "class 'banana' has no cut-out");
}

TEST_F(CutOuts, FoldersThatAreNotThere) {
  EXPECT_ERSATZ_ERROR(load_cut_outs(folder_ / "none"), ExitCode::kMissing, "no folder");
  fs::create_directories(folder_ / "empty");
  EXPECT_ERSATZ_ERROR(load_cut_outs(folder_ / "empty"), ExitCode::kMissing, "holds no folders");
}

TEST_F(CutOuts, WhatIsNoCutOutIsRefusedByName) {
  const auto refused = [&](const std::string& bytes, const std::string& why) {
    SCOPED_TRACE(why);
    const fs::path file = masks() / "kiwi/bad.png";
    test::write_bytes(file, bytes);
    EXPECT_ERSATZ_ERROR(load_cut_outs(masks()), ExitCode::kUntrustedData, file.string());
    EXPECT_ERSATZ_ERROR(load_cut_outs(masks()), ExitCode::kUntrustedData, why);
  };
  refused("", "neither a PNG nor a JPEG");
  refused("hello", "neither a PNG nor a JPEG");
  refused(data::encode_png(test::sample_background(8, 8)), "no transparency");
  refused(data::encode_jpeg(test::sample_background(8, 8), 90), "JPEG file has no transparency");
  const std::string whole = data::encode_png(test::sample_disc(20));
  refused(whole.substr(0, whole.size() / 2), "damaged or incomplete PNG");
  data::RgbaImage clear = test::sample_disc(8);
  for (std::size_t i = 3; i < clear.pixels.size(); i += 4) clear.pixels[i] = 0;
  refused(data::encode_png(clear), "wholly transparent");
  clear.pixels[3] = kMaskAlpha - 1;
  refused(data::encode_png(clear), "nowhere more than half opaque");
}

TEST_F(CutOuts, OnesFromMemoryAreChecked) {
  const CutOut one = make_cut_out("a", test::sample_disc(8));
  EXPECT_EQ(one.sha256, make_cut_out("b", test::sample_disc(8)).sha256);
  EXPECT_NE(one.sha256, make_cut_out("a", test::sample_disc(9)).sha256);
  EXPECT_ERSATZ_ERROR(make_cut_out("clear", data::RgbaImage{1, 1, {9, 9, 9, 0}}),
                      ExitCode::kUntrustedData, "clear");
}

}  // namespace
}  // namespace ersatz::generate
