#include "data/prefetch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>

namespace ersatz::data {
namespace {

TEST(Prefetch, GivesItemsInOrder) {
  Prefetch<std::unique_ptr<std::int64_t>> items(
      3, 40, [](std::int64_t i) { return std::make_unique<std::int64_t>(i * i); });
  EXPECT_EQ(items.left(), 37);
  for (std::int64_t i = 3; i < 40; ++i) EXPECT_EQ(*items.next(), i * i);
  EXPECT_EQ(items.left(), 0);
}

TEST(Prefetch, StaysWithinItsDepth) {
  std::atomic<std::int64_t> made{0};
  Prefetch<std::int64_t> items(
      0, 100,
      [&](std::int64_t i) {
        ++made;
        return i;
      },
      3);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_LE(made, 3);
  EXPECT_EQ(items.next(), 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_EQ(made, 4);
}  // ends although nobody took the rest

TEST(Prefetch, ThrowsWhereTheItemWouldHaveBeen) {
  Prefetch<std::int64_t> items(0, 5, [](std::int64_t i) {
    if (i == 2) throw std::runtime_error("item 2");
    return i;
  });
  EXPECT_EQ(items.next(), 0);
  EXPECT_EQ(items.next(), 1);
  EXPECT_THROW(items.next(), std::runtime_error);
}

TEST(Prefetch, NothingToDo) {
  Prefetch<int> items(5, 5, [](std::int64_t) { return 1; });
  EXPECT_EQ(items.left(), 0);
}

}  // namespace
}  // namespace ersatz::data
