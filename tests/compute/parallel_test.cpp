#include "compute/parallel.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace ersatz::compute {
namespace {

TEST(Parallel, RangesCoverEverythingOnce) {
  for (const std::int64_t count : {0, 1, 2, 7, 1000}) {
    for (const std::int64_t grain : {0, 1, 3, 5000}) {
      std::vector<std::atomic<int>> seen(static_cast<std::size_t>(count));
      parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
      });
      for (const auto& times : seen) EXPECT_EQ(times, 1);
    }
  }
}

TEST(Parallel, UsesAsManyThreadsAsLibtorch) {
  if (at::get_num_threads() < 2) GTEST_SKIP() << "libtorch computes on one thread here";
  std::mutex guard;
  std::set<std::thread::id> threads;
  parallel_for(at::get_num_threads(), 1, [&](std::int64_t, std::int64_t) {
    const std::lock_guard<std::mutex> lock(guard);
    threads.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(threads.size(), static_cast<std::size_t>(at::get_num_threads()));
}

TEST(Parallel, TasksGetMemoryOfTheirOwn) {
  std::atomic<int> wrong{0};
  run_tasks(64, 100, [&](std::int64_t i, float* scratch) {
    if (reinterpret_cast<std::uintptr_t>(scratch) % 64 != 0) ++wrong;
    std::fill_n(scratch, 100, static_cast<float>(i));
    std::this_thread::yield();
    wrong += static_cast<int>(100 - std::count(scratch, scratch + 100, static_cast<float>(i)));
  });
  EXPECT_EQ(wrong, 0);
}

// More and less memory than the outer task has: neither may touch it.
TEST(Parallel, TasksInsideTasksLeaveTheOuterOnesMemoryAlone) {
  std::atomic<int> wrong{0}, done{0};
  run_tasks(8, 100, [&](std::int64_t i, float* outer) {
    std::fill_n(outer, 100, static_cast<float>(i));
    for (const std::int64_t floats : {10, 100'000}) {
      run_tasks(3, floats, [&](std::int64_t, float* inner) {
        std::fill_n(inner, floats, -1.0F);
        ++done;
      });
    }
    wrong += static_cast<int>(100 - std::count(outer, outer + 100, static_cast<float>(i)));
  });
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(done, 8 * 2 * 3);
}

TEST(Parallel, WhatIsThrownArrives) {
  EXPECT_THROW(parallel_for(100, 1,
                            [](std::int64_t begin, std::int64_t) {
                              if (begin == 0) throw std::runtime_error("first");
                            }),
               std::runtime_error);
  EXPECT_THROW(run_tasks(100, 1,
                         [](std::int64_t i, float*) {
                           if (i == 99) throw std::runtime_error("last");
                         }),
               std::runtime_error);
  // And leaves the memory usable.
  int calls = 0;
  run_tasks(1, 10, [&](std::int64_t, float* scratch) {
    scratch[9] = 1;
    ++calls;
  });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace ersatz::compute
