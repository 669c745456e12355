#include "data/photos/photo_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "core/file_system.h"
#include "data/images/png_codec.h"
#include "data/images/resize.h"
#include "data/photos/stratified_split.h"
#include "support/test_support.h"

namespace ersatz::data {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;

RgbImage plain(int width, int height, int level) {
  return {width, height,
          std::vector<std::uint8_t>(static_cast<std::size_t>(3 * width * height),
                                    static_cast<std::uint8_t>(level))};
}

void write(const fs::path& path, const std::string& bytes) { core::write_file_atomic(path, bytes); }

// Three classes of 4, 2 and 3 photos, with other files among them.
void make_folder(const fs::path& root) {
  int level = 0;
  for (const char* name :
       {"kiwi/a.png", "kiwi/b.PNG", "kiwi/c.png", "kiwi/more/d.png", "apple/2.png", "apple/10.png",
        "pear/x.png", "pear/y.png", "pear/z.png"}) {
    write(root / name, encode_png(plain(12, 9 + level, level)));
    ++level;
  }
  write(root / "kiwi/notes.txt", "two kiwis");
  write(root / "pear/.hidden.png", "no picture");
  write(root / "readme.md", "fruit");
}

TEST(ImageFolder, ListsClassesAndPhotosInOrder) {
  const test::TemporaryFolder folder;
  make_folder(folder.path());
  const ImageFolder list = list_image_folder(folder.path());
  EXPECT_EQ(list.classes, (std::vector<std::string>{"apple", "kiwi", "pear"}));
  ASSERT_EQ(list.size(), 9U);
  EXPECT_EQ(list.files[0], "apple/10.png");
  EXPECT_EQ(list.files[1], "apple/2.png");
  EXPECT_EQ(list.files[5], "kiwi/more/d.png");
  EXPECT_EQ(list.labels, (std::vector<std::uint8_t>{0, 0, 1, 1, 1, 1, 2, 2, 2}));
  EXPECT_EQ(list.ignored, 1);
  EXPECT_EQ(class_counts(list.labels, 3), (std::vector<std::int64_t>{2, 4, 3}));
}

TEST(ImageFolder, TakesTheClassesItIsGiven) {
  const test::TemporaryFolder folder;
  make_folder(folder.path());
  const ImageFolder list = list_image_folder(folder.path(), {"pear", "apple"});
  EXPECT_EQ(list.size(), 5U);
  EXPECT_EQ(list.labels.front(), 0);
  EXPECT_EQ(list.files.front(), "pear/x.png");
  EXPECT_ERSATZ_ERROR(list_image_folder(folder.path(), {"pear", "plum"}), ExitCode::kMissing,
                      "'plum'");
  EXPECT_ERSATZ_ERROR(list_image_folder(folder.path(), {"pear", "pear"}), ExitCode::kUsage,
                      "twice");
}

TEST(ImageFolder, SaysWhatIsMissing) {
  const test::TemporaryFolder folder;
  EXPECT_ERSATZ_ERROR(list_image_folder(folder / "none"), ExitCode::kMissing, "no folder");
  EXPECT_ERSATZ_ERROR(list_image_folder(folder.path()), ExitCode::kMissing, "one folder per class");
  fs::create_directories(folder / "empty");
  EXPECT_ERSATZ_ERROR(list_image_folder(folder.path()), ExitCode::kMissing, "no photo");
  write(folder / "empty/a.webp", "x");
  EXPECT_ERSATZ_ERROR(list_image_folder(folder.path()), ExitCode::kUntrustedData, "a.webp");
}

TEST(ImageFolder, FirstOfEachClass) {
  const test::TemporaryFolder folder;
  make_folder(folder.path());
  const ImageFolder list = list_image_folder(folder.path());
  const ImageFolder few = first_of_each_class(list, 2);
  EXPECT_EQ(few.labels, (std::vector<std::uint8_t>{0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(few.files[2], "kiwi/a.png");
  EXPECT_ERSATZ_ERROR(first_of_each_class(list, 3), ExitCode::kUsage, "'apple' has 2");
}

TEST(PhotoSet, LoadsPreparedPhotosWhateverTheThreads) {
  const test::TemporaryFolder folder;
  make_folder(folder.path());
  const ImageFolder list = list_image_folder(folder.path());
  LoadOptions one, four;
  one.threads = 1;
  four.threads = 4;
  const PhotoSet set = load_photos(list, {8, 6}, one);
  EXPECT_EQ(set.images.pixels, load_photos(list, {8, 6}, four).images.pixels);
  ASSERT_EQ(set.size(), 9U);
  EXPECT_EQ(set.images.image_bytes(), 108U);
  EXPECT_EQ(set.names[5], "kiwi/more/d.png");
  EXPECT_EQ(set.images.image(5)[0], 3);  // its level
  EXPECT_EQ(set.images.labels, list.labels);

  const PhotoSet part = select(set, {5, 0});
  EXPECT_EQ(part.names, (std::vector<std::string>{"kiwi/more/d.png", "apple/10.png"}));
  EXPECT_EQ(part.images.image(0)[0], 3);
  EXPECT_EQ(part.images.channels, 3);
}

TEST(PhotoSet, PreparesPicturesFromMemory) {
  RgbImage picture = plain(20, 10, 0);
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
    picture.pixels[i] = static_cast<std::uint8_t>(i * 7);
  }
  const PhotoSet set =
      prepare_photos({"a", "b"}, {1, 0}, [&](std::int64_t) { return picture; }, {8, 6});
  const RgbImage wanted = centre_crop(resize_shorter_side(picture, 8), 6);
  EXPECT_TRUE(std::equal(wanted.pixels.begin(), wanted.pixels.end(), set.images.image(1)));
}

TEST(PhotoSet, NamesEveryPhotoThatCannotBeRead) {
  const test::TemporaryFolder folder;
  make_folder(folder.path());
  const std::string whole = core::read_file(folder / "kiwi/c.png");
  write(folder / "kiwi/c.png", whole.substr(0, whole.size() - 9));
  write(folder / "pear/y.png", "this is no picture");
  ImageFolder list = list_image_folder(folder.path());
  EXPECT_ERSATZ_ERROR(load_photos(list, {8, 6}), ExitCode::kUntrustedData, "2 of 9 photos");
  EXPECT_ERSATZ_ERROR(load_photos(list, {8, 6}), ExitCode::kUntrustedData, "c.png");
  EXPECT_ERSATZ_ERROR(load_photos(list, {8, 6}), ExitCode::kUntrustedData, "y.png");

  const std::vector<RefusedPhoto> refused = quarantine_unreadable(list);
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].file, "kiwi/c.png");
  EXPECT_NE(refused[1].reason.find("neither a PNG nor a JPEG"), std::string::npos);
  EXPECT_EQ(list.size(), 7U);
  EXPECT_EQ(load_photos(list, {8, 6}).size(), 7U);
  EXPECT_TRUE(quarantine_unreadable(list).empty());
}

TEST(PhotoSet, AFileThatDisappearedIsNamed) {
  const test::TemporaryFolder folder;
  make_folder(folder.path());
  const ImageFolder list = list_image_folder(folder.path());
  fs::remove(folder / "kiwi/a.png");
  EXPECT_ERSATZ_ERROR(load_photos(list, {8, 6}), ExitCode::kUntrustedData, "kiwi/a.png");
}

TEST(PhotoSet, RefusesWhatDoesNotFitIntoMemory) {
  const test::TemporaryFolder folder;
  make_folder(folder.path());
  LoadOptions options;
  options.max_bytes = 9 * 108 - 1;
  EXPECT_ERSATZ_ERROR(load_photos(list_image_folder(folder.path()), {8, 6}, options),
                      ExitCode::kUsage, "9 photos");
  EXPECT_ERSATZ_ERROR(load_photos(list_image_folder(folder.path()), {0, 6}), ExitCode::kUsage,
                      "1 to 4096");
}

std::vector<std::uint8_t> labels_of(const std::vector<std::int64_t>& counts) {
  std::vector<std::uint8_t> labels;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    labels.insert(labels.end(), static_cast<std::size_t>(counts[k]), static_cast<std::uint8_t>(k));
  }
  return labels;
}

std::vector<std::string> class_names(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t k = 0; k < count; ++k) names.push_back("class-" + std::to_string(k));
  return names;
}

TEST(StratifiedSplit, CountsAreScikitLearns) {
  const core::Json rows = core::read_json(test::fixture("photos/stratified_split.json")).at("rows");
  ASSERT_EQ(rows.size(), 9U);
  for (const core::Json& row : rows) {
    const auto counts = row.at("counts").get<std::vector<std::int64_t>>();
    SCOPED_TRACE(row.at("counts").dump());
    const std::vector<std::uint8_t> labels = labels_of(counts);
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      const Split split =
          stratified_split(labels, row.at("share").get<double>(), seed, class_names(counts.size()));
      const auto counted = [&](const std::vector<std::int64_t>& indices) {
        std::vector<std::int64_t> result(counts.size(), 0);
        for (const std::int64_t i : indices) ++result[labels[static_cast<std::size_t>(i)]];
        return result;
      };
      seen.insert(
          core::Json{{"train", counted(split.train)}, {"validation", counted(split.validation)}}
              .dump());
      std::vector<std::int64_t> all = split.train;
      all.insert(all.end(), split.validation.begin(), split.validation.end());
      std::sort(all.begin(), all.end());
      for (std::size_t i = 0; i < labels.size(); ++i) {
        ASSERT_EQ(all[i], static_cast<std::int64_t>(i));
      }
    }
    std::set<std::string> theirs;
    for (const core::Json& one : row.at("seen")) theirs.insert(one.dump());
    EXPECT_EQ(seen, theirs);
  }
}

TEST(StratifiedSplit, SeedsDecideAndNothingElse) {
  const std::vector<std::uint8_t> labels = labels_of({40, 40});
  const Split first = stratified_split(labels, 0.2, 1, class_names(2));
  EXPECT_EQ(first.train, stratified_split(labels, 0.2, 1, class_names(2)).train);
  EXPECT_NE(first.train, stratified_split(labels, 0.2, 2, class_names(2)).train);
  EXPECT_FALSE(std::is_sorted(first.train.begin(), first.train.end()));
}

TEST(StratifiedSplit, NamesAClassThatIsTooSmall) {
  EXPECT_ERSATZ_ERROR(stratified_split(labels_of({200, 2, 200}), 0.1, 1, {"kiwi", "pear", "plum"}),
                      ExitCode::kUsage, "class 'pear' has 2 photos");
  EXPECT_ERSATZ_ERROR(stratified_split(labels_of({3, 3, 3, 3, 3}), 0.2, 1, class_names(5)),
                      ExitCode::kUsage, "at least 5 photos per class");
  EXPECT_ERSATZ_ERROR(stratified_split(labels_of({5, 0}), 0.2, 1, class_names(2)), ExitCode::kUsage,
                      "'class-1' has 0");
  EXPECT_ERSATZ_ERROR(stratified_split(labels_of({5, 5}), 1.0, 1, class_names(2)), ExitCode::kUsage,
                      "outside (0, 1)");
}

}  // namespace
}  // namespace ersatz::data
