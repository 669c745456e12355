#include "generate/copy_paste/dataset.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>

#include "core/digest.h"
#include "core/file_system.h"
#include "core/json.h"
#include "core/progress.h"
#include "data/coco/rle.h"
#include "data/images/image_file.h"
#include "data/images/png_codec.h"
#include "generate/copy_paste/image_record.h"
#include "generate/copy_paste/sample_pictures.h"
#include "support/sanitizer.h"
#include "support/test_support.h"

namespace ersatz::generate {
namespace {

namespace fs = std::filesystem;
using core::ExitCode;
using core::Json;
using ::testing::HasSubstr;

class CopyPasteDataset : public ::testing::Test {
 protected:
  CopyPasteDataset() {
    core::set_progress_mode(core::ProgressMode::kNone);
    test::write_sample_sets(folder_.path());
    options_.per_class = 12;
    options_.threads = 3;
  }

  CopyPaste source(const CopyPasteOptions& options = {}) const {
    return CopyPaste(load_cut_outs(folder_ / "masks"), open_backgrounds(folder_ / "backgrounds"),
                     options);
  }
  CopyPasteDatasetSummary write(const std::string& name) const {
    return write_copy_paste_dataset(source(), folder_ / name, options_);
  }
  CopyPasteDatasetSummary write_shard(const std::string& name, std::int64_t i, std::int64_t n) {
    options_.shard = {i, n};
    return write(name);
  }
  // Path -> digest of everything a user reads; journals and locks depend on shards.
  std::map<std::string, std::string> content(const std::string& name) const {
    std::map<std::string, std::string> digests;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / name)) {
      const std::string path = entry.path().lexically_relative(folder_ / name).generic_string();
      if (!entry.is_regular_file() || path.rfind("journal/", 0) == 0) continue;
      digests[path] = core::sha256_file(entry.path());
    }
    return digests;
  }

  test::TemporaryFolder folder_;
  CopyPasteDatasetOptions options_;
};

TEST_F(CopyPasteDataset, IsAnImageFolderWithAnnotations) {
  const CopyPasteDatasetSummary summary = write("set");
  EXPECT_TRUE(summary.complete);
  EXPECT_EQ(summary.wanted, 24);
  EXPECT_EQ(summary.made, 24);
  EXPECT_EQ(summary.images, 24);
  const Json coco = core::read_json(folder_ / "set/annotations/instances.json");
  ASSERT_EQ(coco.at("images").size(), 24u);
  ASSERT_EQ(static_cast<std::int64_t>(coco.at("annotations").size()), summary.instances);
  EXPECT_EQ(coco.at("categories").dump(), R"([{"id":1,"name":"kiwi"},{"id":2,"name":"orange"}])");

  // Every picture and every mask is the composer's.
  const CopyPaste made = source();
  std::size_t next = 0;
  for (std::size_t n = 0; n < 24; ++n) {
    const Json& image = coco.at("images").at(n);
    const std::size_t c = n / 12;
    const auto i = static_cast<std::int64_t>(n % 12);
    const CopyPasteImage expected = made.compose(c, i);
    EXPECT_EQ(image.at("file_name"), fmt::format("{}/{:05}.png", c == 0 ? "kiwi" : "orange", i));
    const fs::path file = folder_ / "set/images" / image.at("file_name").get<std::string>();
    EXPECT_EQ(data::read_image(file).pixels, expected.image.pixels);
    EXPECT_EQ(image.at("sha256"), core::sha256_file(file));
    EXPECT_EQ(image.at("background"), made.backgrounds().entries()[expected.background].name);
    for (const PastedCutOut& pasted : expected.instances) {
      const Json& one = coco.at("annotations").at(next++);
      EXPECT_EQ(one.at("image_id"), image.at("id"));
      EXPECT_EQ(one.at("category_id"), c + 1);
      EXPECT_EQ(one.at("cut_out"), made.classes()[c].cut_outs[pasted.cut_out].name);
      EXPECT_EQ(one.at("bbox"),
                Json::array({pasted.box.x, pasted.box.y, pasted.box.width, pasted.box.height}));
      const data::Rle mask =
          data::parse_rle_text(one.at("segmentation").at("counts").get<std::string>(),
                               image.at("height").get<int>(), image.at("width").get<int>(), file);
      EXPECT_EQ(mask.counts, pasted.mask.counts);
      EXPECT_EQ(one.at("area"), data::rle_area(pasted.mask));
    }
  }
  EXPECT_EQ(next, coco.at("annotations").size());
  const Json dataset = core::read_json(folder_ / "set/dataset.json");
  EXPECT_EQ(dataset.at("images"), 24);
  EXPECT_EQ(dataset.at("classes").at("orange").at("images"), 12);
  EXPECT_EQ(dataset.at("annotations").at("sha256"),
            core::sha256_file(folder_ / "set/annotations/instances.json"));
}

TEST_F(CopyPasteDataset, TheSameWhateverThreadsAndShards) {
  options_.threads = 1;
  write("one");
  options_.threads = 5;
  write("five");
  EXPECT_EQ(content("five"), content("one"));
  EXPECT_FALSE(write_shard("three", 1, 3).complete);
  EXPECT_FALSE(write_shard("three", 0, 3).complete);
  EXPECT_FALSE(fs::exists(folder_ / "three/dataset.json"));
  const CopyPasteDatasetSummary last = write_shard("three", 2, 3);
  EXPECT_TRUE(last.complete);
  EXPECT_EQ(last.wanted, 8);
  EXPECT_EQ(last.made, 8);
  EXPECT_EQ(last.images, 24);
  EXPECT_EQ(content("three"), content("one"));
  // Another number of shards finds everything done.
  const CopyPasteDatasetSummary again = write_shard("three", 0, 1);
  EXPECT_EQ(again.made, 0);
  EXPECT_TRUE(again.complete);
}

TEST_F(CopyPasteDataset, ALargerSetBeginsWithTheSmaller) {
  write("small");
  options_.per_class = 20;
  write("large");
  const auto small = content("small"), large = content("large");
  for (const auto& [path, digest] : small) {
    if (path.rfind("images/", 0) != 0) continue;
    EXPECT_EQ(large.at(path), digest) << path;
  }
}

TEST_F(CopyPasteDataset, WhatIsLostOrDamagedIsMadeAgain) {
  write("set");
  const auto before = content("set");
  EXPECT_EQ(write("set").made, 0);
  fs::remove(folder_ / "set/images/kiwi/00003.png");
  const fs::path damaged = folder_ / "set/images/orange/00005.png";
  std::string bytes = core::read_file(damaged);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  test::write_bytes(damaged, bytes);  // of the same size
  test::write_bytes(folder_ / "set/images/orange/00006.png", "cut short");
  fs::remove(folder_ / "set/dataset.json");
  const CopyPasteDatasetSummary summary = write("set");
  EXPECT_EQ(summary.made, 3);
  EXPECT_TRUE(summary.complete);
  EXPECT_EQ(content("set"), before);
}

TEST_F(CopyPasteDataset, ATornJournalCostsOneImage) {
  write("set");
  const auto before = content("set");
  const fs::path journal = folder_ / "set/journal/0-of-1.jsonl";
  std::string text = core::read_file(journal);
  text.resize(text.size() - 30);
  test::write_bytes(journal, text);
  EXPECT_EQ(write("set").made, 1);
  EXPECT_EQ(write("set").made, 0) << "the line after the torn one was lost";
  EXPECT_EQ(content("set"), before);
  // Nonsense between the lines is passed over.
  text = core::read_file(journal);
  test::write_bytes(journal, "{\"class\": 5}\nnull\n[[[\n\xff\n" + text);
  EXPECT_EQ(write("set").made, 0);
}

// Kills the writer at random moments until a run gets through: nothing is missing, nothing is there
// twice, and the bytes are those of an undisturbed run.
TEST_F(CopyPasteDataset, SurvivesBeingKilled) {
  if (test::kThreadSanitizer) GTEST_SKIP() << "it does not watch a forked process with threads";
  options_.per_class = 40;
  const auto begin = std::chrono::steady_clock::now();
  write("undisturbed");
  const double whole =
      std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
  std::mt19937 random(5);
  int killed = 0;
  for (bool finished = false; !finished;) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        write("set");
        ::_exit(0);
      } catch (...) {
        ::_exit(3);
      }
    }
    // Later and later, so that it ends.
    const double share = static_cast<double>(random() % 1000) / 1000 / 16 + killed / 60.0;
    ::usleep(static_cast<useconds_t>(share * whole));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status)) {
      ASSERT_EQ(WEXITSTATUS(status), 0);
      finished = true;
    } else {
      ++killed;
    }
    ASSERT_LT(killed, 2000);
  }
  EXPECT_GT(killed, 3);
  EXPECT_TRUE(write("set").complete);
  EXPECT_EQ(content("set"), content("undisturbed"));
}

TEST_F(CopyPasteDataset, OtherSettingsAreRefusedNamingThem) {
  write("set");
  const auto before = content("set");
  CopyPasteOptions reseeded;
  reseeded.seed = 1;
  EXPECT_ERSATZ_ERROR(write_copy_paste_dataset(source(reseeded), folder_ / "set", options_),
                      ExitCode::kUsage, "(different: seed)");
  options_.format = data::ImageFormat::kJpeg;
  options_.per_class = 13;
  EXPECT_ERSATZ_ERROR(write("set"), ExitCode::kUsage,
                      "(different: image_format, jpeg_quality, per_class)");
  options_ = {};
  options_.per_class = 12;
  test::write_bytes(folder_ / "masks/kiwi/0.png", core::read_file(folder_ / "masks/orange/1.png"));
  EXPECT_ERSATZ_ERROR(write("set"), ExitCode::kUsage, "(different: classes)");
  EXPECT_EQ(content("set"), before);
}

TEST_F(CopyPasteDataset, OtherFilesAreNotTouched) {
  test::write_bytes(folder_ / "mine/notes.txt", "keep");
  EXPECT_ERSATZ_ERROR(write("mine"), ExitCode::kUsage, "it holds notes.txt");
  EXPECT_EQ(content("mine").size(), 1u);
  write("set");
  test::write_bytes(folder_ / "set/images/kiwi/extra.png", "not of this set");
  EXPECT_ERSATZ_ERROR(write("set"), ExitCode::kUsage, "extra.png");
}

TEST_F(CopyPasteDataset, FoldersThatCannotBeListedAreNotTakenForEmptyOnes) {
  const fs::path file = folder_ / "file";
  test::write_bytes(file, "x");
  EXPECT_ERSATZ_ERROR(write("file"), ExitCode::kMissing, "cannot list " + file.string());
  EXPECT_ERSATZ_ERROR(read_journals(file), ExitCode::kMissing, "cannot list");
  EXPECT_TRUE(read_journals(folder_ / "none").empty());
  write("set");
  fs::remove_all(folder_ / "set/images");
  test::write_bytes(folder_ / "set/images", "x");
  EXPECT_ERSATZ_ERROR(write("set"), ExitCode::kMissing, "cannot list");
}

TEST_F(CopyPasteDataset, ImpossibleRequestsWriteNothing) {
  options_.per_class = 0;
  EXPECT_ERSATZ_ERROR(write("set"), ExitCode::kUsage, "0 images");
  options_.per_class = 1;
  options_.format = data::ImageFormat::kJpeg;
  options_.jpeg_quality = 0;
  EXPECT_ERSATZ_ERROR(write("set"), ExitCode::kUsage, "quality 0");
  EXPECT_FALSE(fs::exists(folder_ / "set"));
}

TEST_F(CopyPasteDataset, AnUnreadableBackgroundIsFoundBeforeAnythingIsWritten) {
  const fs::path file = folder_ / "backgrounds/0.jpg";
  const std::string bytes = core::read_file(file);
  test::write_bytes(file, bytes.substr(0, bytes.size() - 30));  // the header is whole
  EXPECT_ERSATZ_ERROR(write("set"), ExitCode::kUntrustedData, "0.jpg");
  EXPECT_FALSE(fs::exists(folder_ / "set"));
}

TEST_F(CopyPasteDataset, ABackgroundThatIsLostMeanwhileLeavesWholeFilesOnly) {
  const CopyPaste opened = source();
  options_.shard = {0, 2};
  write_copy_paste_dataset(opened, folder_ / "set", options_);
  // Pictures are cached: only another opening notices.
  const CopyPaste again(load_cut_outs(folder_ / "masks"),
                        open_backgrounds(folder_ / "backgrounds", 0, 0), {});
  fs::remove(folder_ / "backgrounds/0.jpg");
  options_.shard = {1, 2};
  EXPECT_ERSATZ_ERROR(write_copy_paste_dataset(again, folder_ / "set", options_),
                      ExitCode::kMissing, "0.jpg");
  EXPECT_FALSE(fs::exists(folder_ / "set/dataset.json"));
  for (const auto& entry : fs::recursive_directory_iterator(folder_ / "set")) {
    EXPECT_NE(entry.path().extension(), ".partial");
    if (entry.path().extension() != ".png") continue;
    EXPECT_NO_THROW(data::read_image(entry.path()));
  }
}

TEST_F(CopyPasteDataset, CutOutsLeftOutAreCounted) {
  // Discs of 12 to 21 px on pictures of 34 x 24 px: often there is no room.
  fs::remove_all(folder_ / "backgrounds");
  test::write_bytes(folder_ / "backgrounds/a.png",
                    data::encode_png(test::sample_background(34, 24)));
  const CopyPasteDatasetSummary summary = write("set");
  std::map<std::string, std::int64_t> counted;
  const CopyPaste made = source();
  for (std::size_t c = 0; c < 2; ++c) {
    for (std::int64_t i = 0; i < 12; ++i) {
      for (const DroppedCutOut& dropped : made.compose(c, i).dropped) {
        ++counted[std::string(drop_reason_name(dropped.reason))];
      }
    }
  }
  EXPECT_GT(counted.at("no room"), 0);
  EXPECT_EQ(summary.dropped, counted);
  EXPECT_EQ(core::read_json(folder_ / "set/dataset.json").at("dropped").at("no room"),
            counted.at("no room"));
}

TEST_F(CopyPasteDataset, VariedSetsSayWhatWasDone) {
  CopyPasteOptions options;
  options.mode = CopyPasteMode::kVaried;
  options_.format = data::ImageFormat::kJpeg;
  write_copy_paste_dataset(source(options), folder_ / "set", options_);
  const Json coco = core::read_json(folder_ / "set/annotations/instances.json");
  EXPECT_EQ(coco.at("images").at(0).at("file_name"), "kiwi/00000.jpg");
  for (const Json& one : coco.at("annotations")) {
    const double scale = one.at("variation").at("scale");
    EXPECT_GE(scale, 0.3);
    EXPECT_LE(scale, 1.5);
  }
  EXPECT_EQ(core::read_json(folder_ / "set/recipe.json").at("variation").at("rotation"), 180.0);
  EXPECT_EQ(data::read_image_header(folder_ / "set/images/orange/00011.jpg").format,
            data::ImageFormat::kJpeg);
}

}  // namespace
}  // namespace ersatz::generate
