#include "data/digits/parallel_blocks.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace ersatz::data {
namespace {

TEST(ForEachBlock, CoversEveryItemOnce) {
  for (const int threads : {0, 1, 3, 16}) {
    for (const std::int64_t count : {0, 1, 7, 8, 9, 100}) {
      std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
      for_each_block(count, 8, threads, [&](std::int64_t begin, std::int64_t end) {
        EXPECT_LE(end - begin, 8);
        for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
      });
      for (const auto& visit : visits) EXPECT_EQ(visit.load(), 1);
    }
  }
}

TEST(ForEachBlock, RethrowsAndStops) {
  std::atomic<int> blocks{0};
  const auto body = [&](std::int64_t begin, std::int64_t) {
    ++blocks;
    if (begin == 0) throw std::runtime_error("first block");
  };
  EXPECT_THROW(for_each_block(1000, 1, 1, body), std::runtime_error);
  EXPECT_EQ(blocks.load(), 1);
  EXPECT_THROW(for_each_block(1000, 1, 4, body), std::runtime_error);
}

}  // namespace
}  // namespace ersatz::data
