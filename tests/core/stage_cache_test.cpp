#include "core/stage_cache.h"

#include <gtest/gtest.h>

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

// Any flipped bit, in a file or in COMPLETE.json, is found before the entry is used.
TEST_F(StageCacheTest, EveryBitFlipIsDetected) {
  Stream stream(1, "flips");
  for (int trial = 0; trial < 300; ++trial) {
    const CacheEntry stored = store(parts_, std::string(100, 'x'));
    const fs::path victim = stored.dir / (trial % 2 == 0 ? "data/x.bin" : "COMPLETE.json");
    std::string bytes = read_file(victim);
    const std::size_t at = stream.below(bytes.size());
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << stream.below(8)));
    write_file_atomic(victim, bytes);
    const auto found = cache_.find("k", stored.key);
    const bool detected = !found || !cache_.verify(*found);
    // A flip in COMPLETE.json that leaves the same JSON value (white space) is no damage.
    const bool harmless = found && victim.filename() == "COMPLETE.json" &&
                          found->summary == stored.summary && found->files == stored.files;
    EXPECT_TRUE(detected || harmless) << "byte " << at << " of " << victim;
    if (detected) {
      EXPECT_FALSE(fs::exists(stored.dir));
    }
    remove_tree(stored.dir);
  }
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
