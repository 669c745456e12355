// What the command lines of `copy-paste` and `cutout` turn into.
#include <filesystem>

#include "core/command_line.h"
#include "core/file_system.h"
#include "runner/images/copy_paste_request.h"
#include "runner/images/cutout_request.h"
#include "support/test_support.h"

namespace ersatz::runner {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;

template <typename Options, typename Add>
Options parsed(Add add, std::vector<std::string> words) {
  CLI::App program{"test", "test"};
  Options options;
  add(program, options);
  words.insert(words.begin(), "test");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  core::parse_command_line(program, static_cast<int>(arguments.size()), arguments.data());
  return options;
}

class Requests : public ::testing::Test {
 protected:
  Requests() {
    fs::create_directories(folder_ / "masks");
    fs::create_directories(folder_ / "scenes");
    core::write_file_atomic(folder_ / "photo.jpg", "only looked for");
  }
  CopyPasteRequest copy_paste(std::vector<std::string> words) const {
    words.insert(words.begin(), {"copy-paste", "--masks", folder_ / "masks", "--backgrounds",
                                 folder_ / "scenes", "--out", folder_ / "out"});
    return check_copy_paste(parsed<CopyPasteCommand>(add_copy_paste_options, words));
  }
  CutoutRequest cutout(std::vector<std::string> words) const {
    words.insert(words.begin(), {"cutout", folder_ / "photo.jpg", "--out", folder_ / "out"});
    return check_cutout(parsed<CutoutCommand>(add_cutout_options, words));
  }
  test::TemporaryFolder folder_;
};

TEST_F(Requests, CopyPasteHasTheDefaultsOfThePaper) {
  const CopyPasteRequest request = copy_paste({});
  EXPECT_EQ(request.making.mode, generate::CopyPasteMode::kNative);
  EXPECT_EQ(request.dataset.per_class, 200);
  EXPECT_EQ(request.making.max_per_image, 0);
  EXPECT_EQ(request.choice.per_class, 0);
  EXPECT_EQ(request.dataset.format, data::ImageFormat::kPng);
}

TEST_F(Requests, CopyPasteTakesEveryOption) {
  const CopyPasteRequest request = copy_paste({"--mode",
                                               "roboflow",
                                               "--count",
                                               "7",
                                               "--classes",
                                               "kiwi,orange",
                                               "--masks-per-class",
                                               "5",
                                               "--max-per-image",
                                               "3",
                                               "--seed",
                                               "18446744073709551615",
                                               "--scale",
                                               "0.25:0.75",
                                               "--scale-of",
                                               "background",
                                               "--rotation",
                                               "30",
                                               "--flip-horizontal",
                                               "0",
                                               "--flip-vertical",
                                               "1",
                                               "--feather",
                                               "2.5",
                                               "--brightness",
                                               "0.1",
                                               "--contrast",
                                               "0.3",
                                               "--saturation",
                                               "0.4",
                                               "--hue",
                                               "0.05",
                                               "--format",
                                               "jpeg",
                                               "--quality",
                                               "80",
                                               "--shard",
                                               "1/3",
                                               "--threads",
                                               "2"});
  EXPECT_EQ(request.choice.classes, (std::vector<std::string>{"kiwi", "orange"}));
  EXPECT_EQ(request.choice.per_class, 5);
  EXPECT_EQ(request.choice.seed, ~std::uint64_t{0});
  EXPECT_EQ(request.making.seed, ~std::uint64_t{0});
  EXPECT_EQ(request.making.max_per_image, 3);
  const generate::VariationRange& range = request.making.variation;
  EXPECT_EQ(range.scale_low, 0.25);
  EXPECT_EQ(range.scale_high, 0.75);
  EXPECT_EQ(range.scale_of, generate::ScaleReference::kBackground);
  EXPECT_EQ(range.rotation, 30);
  EXPECT_EQ(range.flip_horizontal, 0);
  EXPECT_EQ(range.flip_vertical, 1);
  EXPECT_EQ(range.feather, 2.5);
  EXPECT_EQ(range.brightness, 0.1);
  EXPECT_EQ(range.contrast, 0.3);
  EXPECT_EQ(range.saturation, 0.4);
  EXPECT_EQ(range.hue, 0.05);
  EXPECT_EQ(request.dataset.per_class, 7);
  EXPECT_EQ(request.dataset.format, data::ImageFormat::kJpeg);
  EXPECT_EQ(request.dataset.jpeg_quality, 80);
  EXPECT_EQ(request.dataset.shard.index, 1);
  EXPECT_EQ(request.dataset.shard.count, 3);
  EXPECT_EQ(request.dataset.threads, 2);
}

TEST_F(Requests, CopyPasteRefusesWhatCannotBeMeant) {
  EXPECT_ERSATZ_ERROR(copy_paste({"--mode", "robofolw"}), ExitCode::kUsage, "roboflow");
  EXPECT_ERSATZ_ERROR(copy_paste({"--scale", "1:2"}), ExitCode::kUsage, "--mode roboflow");
  EXPECT_ERSATZ_ERROR(copy_paste({"--mode", "published", "--hue", "0"}), ExitCode::kUsage,
                      "mode published");
  for (const char* scale : {"1", "1:", ":2", "a:b", "1:2:3", "2:1", "0:1"}) {
    EXPECT_ERSATZ_ERROR(copy_paste({"--mode", "roboflow", "--scale", scale}), ExitCode::kUsage,
                        "scale");
  }
  EXPECT_ERSATZ_ERROR(copy_paste({"--mode", "roboflow", "--scale-of", "natve"}), ExitCode::kUsage,
                      "did you mean 'native'?");
  EXPECT_ERSATZ_ERROR(copy_paste({"--mode", "roboflow", "--rotation", "200"}), ExitCode::kUsage,
                      "rotation 200");
  EXPECT_ERSATZ_ERROR(copy_paste({"--format", "gif"}), ExitCode::kUsage, "gif");
  EXPECT_ERSATZ_ERROR(copy_paste({"--shard", "2/2"}), ExitCode::kUsage, "--shard 2/2");
  EXPECT_ERSATZ_ERROR(copy_paste({"--count", "0"}), ExitCode::kUsage, "--count");
  EXPECT_ERSATZ_ERROR(copy_paste({"--progress", "lots"}), ExitCode::kUsage, "lots");
  fs::remove(folder_ / "scenes");
  EXPECT_ERSATZ_ERROR(copy_paste({}), ExitCode::kMissing, "--backgrounds");
  fs::remove(folder_ / "masks");
  EXPECT_ERSATZ_ERROR(copy_paste({}), ExitCode::kMissing, "--masks");
}

TEST_F(Requests, CutoutTakesEitherMethod) {
  const CutoutRequest white = cutout({"--method", "white", "--tolerance", "30", "--shadow", "50",
                                      "--open", "2", "--keep-holes", "--feather", "1"});
  const auto& on_white = std::get<generate::WhiteBackground>(white.making.method);
  EXPECT_EQ(on_white.tolerance, 30);
  EXPECT_EQ(on_white.shadow, 50);
  EXPECT_EQ(white.making.open, 2);
  EXPECT_TRUE(white.making.keep_holes);
  EXPECT_EQ(white.making.feather, 1);
  const CutoutRequest boxed = cutout(
      {"--method", "grabcut", "--box", "1,2,30,40", "--shape", "ellipse", "--iterations", "7"});
  const auto& grab_cut = std::get<generate::GrabCut>(boxed.making.method);
  EXPECT_TRUE((grab_cut.box == data::PixelBox{1, 2, 30, 40}));
  EXPECT_EQ(grab_cut.shape, generate::BoxShape::kEllipse);
  EXPECT_EQ(grab_cut.iterations, 7);
  EXPECT_FALSE(boxed.boxes);
  core::write_file_atomic(folder_ / "boxes.csv", "photo.jpg,1,2,30,40,kiwi\n");
  const CutoutRequest listed = cutout({"--method", "grabcut", "--boxes", folder_ / "boxes.csv"});
  EXPECT_EQ(listed.boxes->at("photo.jpg").size(), 1u);
}

TEST_F(Requests, CutoutRefusesWhatCannotBeMeant) {
  EXPECT_ERSATZ_ERROR(cutout({}), ExitCode::kUsage, "--method");
  EXPECT_ERSATZ_ERROR(cutout({"--method", "withe"}), ExitCode::kUsage, "did you mean 'white'?");
  EXPECT_ERSATZ_ERROR(cutout({"--method", "white", "--box", "1,2,3,4"}), ExitCode::kUsage,
                      "takes no box");
  EXPECT_ERSATZ_ERROR(cutout({"--method", "grabcut"}), ExitCode::kUsage, "--boxes FILE");
  for (const char* box : {"1,2,3", "1,2,3,4,5", "a,2,3,4", "1;2;3;4", "", "1,2,3,", ",,,"}) {
    EXPECT_ERSATZ_ERROR(cutout({"--method", "grabcut", "--box", box}), ExitCode::kUsage, "box");
  }
  EXPECT_ERSATZ_ERROR(cutout({"--method", "grabcut", "--box", "1,2,3,4", "--shape", "star"}),
                      ExitCode::kUsage, "star");
  EXPECT_ERSATZ_ERROR(cutout({"--method", "white", "--class", "../up"}), ExitCode::kUsage,
                      "holds a '/'");
  EXPECT_ERSATZ_ERROR(cutout({"--method", "white", "--class", ".."}), ExitCode::kUsage, "dot");
  core::write_file_atomic(folder_ / "boxes.csv", "photo.jpg,1,2,30,40,../../etc\n");
  EXPECT_ERSATZ_ERROR(cutout({"--method", "grabcut", "--boxes", folder_ / "boxes.csv"}),
                      ExitCode::kUsage, "cannot be a folder");
  EXPECT_ERSATZ_ERROR(cutout({folder_ / "none.jpg", "--method", "white"}), ExitCode::kMissing,
                      "none.jpg");
}

}  // namespace
}  // namespace ersatz::runner
