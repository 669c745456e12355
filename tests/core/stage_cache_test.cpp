#include "core/stage_cache.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "core/error.h"
#include "core/file_system.h"
#include "core/philox.h"
#include "support/test_support.h"

namespace ersatz::core {
namespace {

class StageCacheTest : public ::testing::Test {
 protected:
  CacheEntry store(const Json& parts, const std::string& content) {
    CacheEntry entry;
    entry.kind = "k";
    entry.key = stage_key(parts);
    entry.key_parts = parts;
    entry.name = "k/1";
    entry.summary = {{"answer", 42}};
    entry.work = 10;
    entry.pace = "large";
    entry.wall_seconds = 5;
    const fs::path partial = cache_.partial_dir("k", entry.key);
    write_file_atomic(partial / "data/x.bin", content);
    write_file_atomic(partial / "checkpoint/state", "unfinished");
    return cache_.commit(partial, entry);
  }
  test::TemporaryFolder folder_;
  StageCache cache_{folder_ / "cache"};
  Json parts_ = {{"kind", "k"}, {"version", 1}, {"config", {{"a", 1}}}};
};

TEST_F(StageCacheTest, CommitThenFind) {
  const CacheEntry stored = store(parts_, "hello");
  EXPECT_FALSE(fs::exists(stored.dir / "checkpoint"));
  const auto found = cache_.find("k", stored.key);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->summary["answer"], 42);
  EXPECT_EQ(read_file(found->dir / "data/x.bin"), "hello");
  EXPECT_TRUE(cache_.verify(*found));
  EXPECT_EQ(cache_.seconds_per_work("k", "large"), 0.5);
  EXPECT_FALSE(cache_.seconds_per_work("k", "small")) << "costs something else";
  EXPECT_FALSE(cache_.find("k", stage_key({{"kind", "other"}})));
}

TEST_F(StageCacheTest, APartialFolderIsNotAnEntry) {
  const std::string key = stage_key(parts_);
  write_file_atomic(cache_.partial_dir("k", key) / "x.bin", "half");
  EXPECT_FALSE(cache_.find("k", key));
  EXPECT_TRUE(cache_.entries("k").empty());
  // Even under its final name, without COMPLETE.json.
  fs::rename(cache_.partial_dir("k", key), cache_.entry_dir("k", key));
  EXPECT_FALSE(cache_.find("k", key));
  EXPECT_FALSE(fs::exists(cache_.entry_dir("k", key)));
}

// Without waiting for the disk, as AtomicFile does.
void write_plainly(const fs::path& file, const std::string& bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
}

class FlippedBits : public StageCacheTest {
 protected:
  // Flips one bit of one of the entry's files; false when the entry was used all the same.
  bool is_detected(const std::string& name, std::size_t bit) {
    std::string damaged = files_.at(name);
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    remove_tree(stored_.dir);
    for (const auto& [file, bytes] : files_) {
      write_plainly(stored_.dir / file, file == name ? damaged : bytes);
    }
    // The e of a number may become an E.
    if (name == "COMPLETE.json" &&
        Json::parse(damaged, nullptr, false) == Json::parse(files_[name]))
      return true;
    const auto found = cache_.find("k", stored_.key);
    if (found && cache_.verify(*found)) return false;
    EXPECT_FALSE(fs::exists(stored_.dir));
    return true;
  }
  CacheEntry stored_ = store(parts_, std::string(100, 'x'));
  std::map<std::string, std::string> files_{
      {"data/x.bin", read_file(stored_.dir / "data/x.bin")},
      {"COMPLETE.json", read_file(stored_.dir / "COMPLETE.json")}};
};

TEST_F(FlippedBits, AreAllDetectedInAFile) {
  const std::size_t bits = 8 * files_["data/x.bin"].size();
  for (std::size_t bit = 0; bit < bits; ++bit) {
    EXPECT_TRUE(is_detected("data/x.bin", bit)) << "bit " << bit;
  }
}

TEST_F(FlippedBits, AreAllDetectedInTheRecord) {
  Stream stream(1, "flips");
  const std::size_t bits = 8 * files_["COMPLETE.json"].size();
  for (int flip = 0; flip < 1000; ++flip) {
    const std::size_t bit = stream.below(bits);
    EXPECT_TRUE(is_detected("COMPLETE.json", bit)) << "bit " << bit;
  }
}

// Its checkpoint is dropped after the entry is complete, and where that failed when it is found.
TEST_F(StageCacheTest, ACheckpointThatStayedIsNoPartOfTheEntry) {
  const CacheEntry stored = store(parts_, "hello");
  EXPECT_EQ(stored.files.size(), 1U);
  write_file_atomic(stored.dir / "checkpoint/state", "unfinished");
  const auto found = cache_.find("k", stored.key);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->files, stored.files);
  EXPECT_FALSE(fs::exists(stored.dir / "checkpoint"));
}

// Nothing but a training that is lost was won by dropping it earlier.
TEST_F(StageCacheTest, ACommitThatFailsKeepsTheCheckpoint) {
  const std::string key = stage_key(parts_);
  CacheEntry entry;
  entry.kind = "k";
  entry.key = key;
  entry.key_parts = parts_;
  const fs::path partial = cache_.partial_dir("k", key);
  write_file_atomic(partial / "x.bin", "hello");
  write_file_atomic(partial / "checkpoint/state", "unfinished");
  fs::create_directories(partial / "COMPLETE.json");
  EXPECT_THROW(cache_.commit(partial, entry), Error);
  EXPECT_EQ(read_file(partial / "checkpoint/state"), "unfinished");
}

TEST_F(StageCacheTest, MissingFileDropsTheEntry) {
  const CacheEntry stored = store(parts_, "hello");
  fs::remove(stored.dir / "data/x.bin");
  EXPECT_FALSE(cache_.find("k", stored.key));
}

TEST(StageKey, DependsOnValuesNotOnOrder) {
  EXPECT_EQ(stage_key(Json::parse(R"({"a":1,"b":2})")), stage_key(Json::parse(R"({"b":2,"a":1})")));
  EXPECT_NE(stage_key(Json::parse(R"({"a":1})")), stage_key(Json::parse(R"({"a":2})")));
}

TEST(StageKey, DifferencesAreExplained) {
  const Json before = {{"version", 1},
                       {"config", {{"steps", 10}, {"old", 1}}},
                       {"inputs", {{"fonts", "k1"}}},
                       {"digests", {{"mnist", "d1"}}},
                       {"numerics", "cpu"}};
  Json now = before;
  now["version"] = 2;
  now["config"]["steps"] = 20;
  now["config"].erase("old");
  now["inputs"]["fonts"] = "k2";
  now["digests"]["mnist"] = "d2";
  EXPECT_EQ(explain_difference(before, now),
            "code version 1 -> 2, steps: 10 -> 20, old no longer used, data mnist changed, "
            "input fonts changed");
  EXPECT_EQ(explain_difference(before, before), "its cache entry is gone");
}

}  // namespace
}  // namespace ersatz::core
