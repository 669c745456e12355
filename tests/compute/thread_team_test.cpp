#include "compute/thread_team.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <atomic>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "compute/parallel.h"
#include "core/blas.h"

namespace ersatz::compute {
namespace {

TEST(ThreadTeam, EveryThreadDoesItsPartInEveryRound) {
  ThreadTeam team(3);
  EXPECT_EQ(team.size(), 3);
  std::vector<std::thread::id> who(3);
  for (int round = 0; round < 50; ++round) {
    std::vector<int> calls(3, 0);
    team.run([&](std::int64_t i) {
      ++calls[static_cast<std::size_t>(i)];
      who[static_cast<std::size_t>(i)] = std::this_thread::get_id();
    });
    EXPECT_EQ(calls, (std::vector<int>{1, 1, 1}));
  }
  const std::set<std::thread::id> different(who.begin(), who.end());
  EXPECT_EQ(different.size(), 3U);
  EXPECT_EQ(different.count(std::this_thread::get_id()), 0U);
}

TEST(ThreadTeam, ItsThreadsComputeAlone) {
  const int before = at::get_num_threads();
  at::set_num_threads(2);
  {
    ThreadTeam team(2);
    std::vector<int> threads(2);
    std::vector<std::set<std::thread::id>> loops(2);
    team.run([&](std::int64_t i) {
      const auto at = static_cast<std::size_t>(i);
      torch::randn({300, 300}).matmul(torch::randn({300, 300}));
      threads[at] = at::get_num_threads();
      parallel_for(100, 1, [&](std::int64_t, std::int64_t) {
        loops[at].insert(std::this_thread::get_id());
      });
    });
    EXPECT_EQ(threads, (std::vector<int>{1, 1}));
    EXPECT_EQ(loops[0].size() + loops[1].size(), 2U);
    EXPECT_EQ(at::get_num_threads(), 2);  // the caller's own
  }
  at::set_num_threads(before);
}

TEST(ThreadTeam, OpenBlasGetsItsThreadsBack) {
  const int before = core::set_blas_threads(2);
  if (before == 0) GTEST_SKIP() << "no OpenBLAS in this process";
  {
    const ThreadTeam team(2);
    EXPECT_EQ(core::set_blas_threads(1), 1);
  }
  EXPECT_EQ(core::set_blas_threads(before), 2);
}

TEST(ThreadTeam, GradientsAreComputedSideBySide) {
  ThreadTeam team(2);
  const torch::Tensor data = torch::randn({64, 20});
  std::vector<torch::Tensor> weights;
  for (int i = 0; i < 2; ++i) weights.push_back(torch::ones({20, 5}).requires_grad_(true));
  team.run([&](std::int64_t i) {
    const torch::Tensor part = data.narrow(0, 32 * i, 32);
    part.matmul(weights[static_cast<std::size_t>(i)]).square().sum().backward();
  });
  const torch::Tensor whole = torch::ones({20, 5}).requires_grad_(true);
  data.matmul(whole).square().sum().backward();
  EXPECT_TRUE(torch::allclose(weights[0].grad() + weights[1].grad(), whole.grad(), 1e-4, 1e-4));
  const torch::NoGradGuard no_grad;
  std::atomic<int> recorded{0};
  team.run([&](std::int64_t) { recorded += torch::GradMode::is_enabled() ? 1 : 0; });
  EXPECT_EQ(recorded, 0);
}

TEST(ThreadTeam, WhatIsThrownArrivesAndTheTeamGoesOn) {
  ThreadTeam team(2);
  for (const std::int64_t bad : {0, 1}) {
    try {
      team.run([&](std::int64_t i) {
        if (i == bad) throw std::runtime_error("thread " + std::to_string(i));
      });
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(error.what(), "thread " + std::to_string(bad));
    }
  }
  std::atomic<int> calls{0};
  team.run([&](std::int64_t) { ++calls; });
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace ersatz::compute
