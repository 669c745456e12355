// Whose labels the apples experiment's generated pictures have.
#include <gtest/gtest.h>

#include "label_choice.h"
#include "support/test_support.h"

namespace ersatz::apples {
namespace {

using test::TemporaryFolder;

core::Config settings(const std::string& method, const std::string& folder = "") {
  return core::Config::from_json(
      {{"labels.method", method}, {"labels.folder", folder}, {"labels.format", ""}});
}

label::LabelledPicture picture(const std::string& file, int side, std::int64_t class_index,
                               std::size_t objects) {
  label::LabelledPicture made{file, side, side, {}, {}};
  for (std::size_t k = 0; k < objects; ++k) {
    label::AnnotatedObject object;
    object.class_index = class_index;
    object.box = {10.0 * static_cast<double>(k), 5, 8, 8};
    made.objects.push_back(object);
  }
  return made;
}

label::LabelledDataset made_pictures() {
  label::LabelledDataset dataset;
  dataset.images = "images";
  dataset.classes = {"apple"};
  for (const char* name : {"00000_7.png", "00001_8.png", "00002_9.png"}) {
    dataset.pictures.push_back(picture(name, 64, 0, 0));
  }
  return dataset;
}

TEST(LabelChoice, NamesAMethodAndSaysWhoLabelled) {
  EXPECT_EQ(label_choice(settings("detector")).method, LabelMethod::kDetector);
  EXPECT_EQ(label_choice(settings("attention")).method, LabelMethod::kAttention);
  EXPECT_FALSE(label_choice(settings("attention")).manual());
  const LabelChoice nobody = label_choice(settings("manual"));
  EXPECT_TRUE(nobody.manual());
  EXPECT_TRUE(nobody.folder.empty());
  EXPECT_EQ(nobody.words(), "manual labels");
  EXPECT_EQ(nobody.short_words(), "generated pictures labelled by hand");
  EXPECT_NE(label_choice(settings("detector")).words().find("automatic"), std::string::npos);
}

TEST(LabelChoice, RefusesWhatCannotBeMeant) {
  const TemporaryFolder folder;
  EXPECT_EQ(label_choice(settings("manual", folder.path().string())).folder, folder.path());
  EXPECT_ERSATZ_ERROR(label_choice(settings("detektor")), core::ExitCode::kUsage, "detector");
  EXPECT_ERSATZ_ERROR(label_choice(settings("detector", folder.path().string())),
                      core::ExitCode::kUsage, "labels.method is detector");
  EXPECT_ERSATZ_ERROR(label_choice(settings("manual", (folder / "nowhere").string())),
                      core::ExitCode::kMissing, "nowhere");
}

TEST(LabelChoice, TakesTheLabelsOfTheGeneratedPicturesAlone) {
  label::LabelledDataset drawn;
  drawn.classes = {"leaf", "Apple"};
  // Another ending, another folder, one picture that is none of ours, one without an object.
  drawn.pictures = {picture("set/00000_7.jpg", 64, 1, 3), picture("other.png", 32, 0, 1),
                    picture("00002_9.png", 64, 1, 0)};
  const label::LabelledDataset taken = taken_labels(made_pictures(), drawn);
  ASSERT_EQ(taken.pictures.size(), 2U);
  EXPECT_EQ(taken.classes, std::vector<std::string>{"apple"});
  EXPECT_EQ(taken.pictures[0].file, "00000_7.png");
  ASSERT_EQ(taken.pictures[0].objects.size(), 3U);
  EXPECT_EQ(taken.pictures[0].objects[2].class_index, 0);
  EXPECT_EQ(taken.pictures[0].objects[2].box.x, 20);
  EXPECT_EQ(taken.pictures[1].file, "00002_9.png");
  EXPECT_TRUE(taken.pictures[1].objects.empty());
}

TEST(LabelChoice, RefusesLabelsOfOtherPictures) {
  label::LabelledDataset drawn;
  drawn.classes = {"apple"};
  drawn.pictures = {picture("00000_7.png", 128, 0, 1)};
  EXPECT_ERSATZ_ERROR(taken_labels(made_pictures(), drawn), core::ExitCode::kUsage, "128 x 128 px");
  drawn.pictures = {picture("00000_7.png", 64, 0, 1), picture("b/00000_7.jpg", 64, 0, 1)};
  EXPECT_ERSATZ_ERROR(taken_labels(made_pictures(), drawn), core::ExitCode::kUsage, "twice");
  drawn.pictures = {picture("x.png", 64, 0, 1)};
  EXPECT_ERSATZ_ERROR(taken_labels(made_pictures(), drawn), core::ExitCode::kUsage,
                      "none of the generated pictures");
}

}  // namespace
}  // namespace ersatz::apples
