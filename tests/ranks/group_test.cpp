// Ranks on one machine: what they add up, and how the others end when one is gone.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "core/file_system.h"
#include "ranks/rank_processes.h"

namespace ersatz::test {
namespace {

using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

constexpr int kLost = 60;

std::string worker(const std::string& action, const TemporaryFolder& folder, int parts = 0) {
  return fmt::format("{}/rank_worker {} {} {}", ERSATZ_TEST_DIR, action, folder.path().string(),
                     parts);
}

void wait_until_ready(const TemporaryFolder& folder, int ranks) {
  ASSERT_TRUE(RankProcesses::until([&] {
    for (int rank = 0; rank < ranks; ++rank) {
      if (!std::filesystem::exists(folder / fmt::format("ready-{}", rank))) return false;
    }
    return true;
  }));
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

TEST(RankGroup, TheSumHasTheSameBitsForAnyNumberOfRanks) {
  const TemporaryFolder alone;
  const CommandResult whole = run_command(worker("sum", alone, 4));
  ASSERT_EQ(whole.exit_status, 0) << whole.errors;
  const std::string expected = core::read_file(alone / "sum-0");
  for (const int size : {2, 3, 4}) {
    const TemporaryFolder folder;
    RankProcesses ranks(size, worker("sum", folder, 4));
    const auto results = ranks.wait();
    for (int rank = 0; rank < size; ++rank) {
      const CommandResult& result = results[static_cast<std::size_t>(rank)];
      ASSERT_EQ(result.exit_status, 0) << all_errors(results);
      EXPECT_TRUE(core::read_file(folder / fmt::format("sum-{}", rank)) == expected)
          << "rank " << rank << " of " << size;
      EXPECT_THAT(result.output, HasSubstr("70003 end\n"));
      EXPECT_THAT(result.output, HasSubstr(fmt::format("largest {}\n", -11 + size)));
      if (rank > 0) {
        EXPECT_THAT(result.output, HasSubstr("post one\npost two\n"));
      }
    }
  }
}

// As torchrun does it: its agent holds the store, and says how often it started the group again.
TEST(RankGroup, AStoreThatSomebodyElseHoldsWillDo) {
  const TemporaryFolder folder;
  RankProcesses ranks(2, worker("sum", folder, 4), [](int, const std::string& command) {
    return "env RANK_WORKER_SERVE=1 TORCHELASTIC_USE_AGENT_STORE=True "
           "TORCHELASTIC_RESTART_COUNT=1 " +
           command;
  });
  const auto results = ranks.wait();
  for (const CommandResult& result : results)
    EXPECT_EQ(result.exit_status, 0) << all_errors(results);
  EXPECT_TRUE(core::read_file(folder / "sum-0") == core::read_file(folder / "sum-1"));
}

TEST(RankGroup, AnErrorOfOneIsTheEndOfAllWithItsExitCode) {
  const TemporaryFolder folder;
  RankProcesses ranks(3, worker("fail", folder));
  const auto results = ranks.wait(30);
  for (const CommandResult& result : results)
    EXPECT_EQ(result.exit_status, 20) << all_errors(results);
  EXPECT_THAT(results[1].errors, HasSubstr("the loss of this test"));
  EXPECT_THAT(results[0].errors, HasSubstr("rank 1 of 3 failed: "));
  EXPECT_THAT(results[2].errors, HasSubstr("the loss of this test"));
}

// Which one is killed, while the others do what, and with what signal: SIGSTOP is a machine that
// does not answer any more.
struct Loss {
  std::string action;
  int rank, signal;
};
class LostRank : public ::testing::TestWithParam<Loss> {};

TEST_P(LostRank, EndsTheOthers) {
  const Loss& loss = GetParam();
  const TemporaryFolder folder;
  RankProcesses ranks(3, worker(loss.action, folder));
  wait_until_ready(folder, 3);
  const auto begin = Clock::now();
  ranks.signal(loss.rank, loss.signal);
  if (loss.signal == SIGSTOP) {
    std::thread([&, begin] {
      RankProcesses::until([&] { return seconds_since(begin) > 9; }, 20);
      ranks.signal(loss.rank, SIGKILL);
    }).join();
  }
  const auto results = ranks.wait(20);
  EXPECT_LT(seconds_since(begin), 15);
  for (int rank = 0; rank < 3; ++rank) {
    if (rank == loss.rank) continue;
    const CommandResult& result = results[static_cast<std::size_t>(rank)];
    EXPECT_EQ(result.exit_status, kLost) << all_errors(results);
    EXPECT_THAT(result.errors, HasSubstr(fmt::format("rank {} of 3", loss.rank)));
    EXPECT_THAT(result.errors, HasSubstr("hint: the same command again goes on"));
  }
}

INSTANTIATE_TEST_SUITE_P(Ranks, LostRank,
                         ::testing::Values(Loss{"meet", 0, SIGKILL}, Loss{"meet", 1, SIGKILL},
                                           Loss{"meet", 2, SIGSTOP}, Loss{"compute", 0, SIGKILL},
                                           Loss{"compute", 2, SIGKILL},
                                           Loss{"compute", 0, SIGSTOP}),
                         [](const auto& instance) {
                           return fmt::format(
                               "{}_{}_{}", instance.param.action, instance.param.rank,
                               instance.param.signal == SIGKILL ? "killed" : "stopped");
                         });

TEST(RankGroup, SaysWhichRanksDidNotAppear) {
  const TemporaryFolder folder;
  RankProcesses ranks(2, worker("meet", folder), [](int rank, const std::string& command) {
    return (rank == 1 ? "true #" : "env RANK_WORKER_JOIN_SECONDS=2 ") + command;
  });
  const auto results = ranks.wait(30);
  EXPECT_EQ(results[0].exit_status, kLost) << all_errors(results);
  EXPECT_THAT(results[0].errors, HasSubstr("only 1 of 2 ranks appeared"));
}

TEST(RankGroup, WithoutRankZeroTheOthersSayWhereTheyLookedForIt) {
  const TemporaryFolder folder;
  RankProcesses ranks(2, worker("meet", folder), [](int rank, const std::string& command) {
    return (rank == 0 ? "true #" : "env RANK_WORKER_JOIN_SECONDS=2 ") + command;
  });
  const auto results = ranks.wait(60);
  EXPECT_EQ(results[1].exit_status, kLost) << all_errors(results);
  EXPECT_THAT(results[1].errors, HasSubstr("rank 1 of 2 cannot reach rank 0 at 127.0.0.1:"));
}

TEST(RankGroup, HalfSetVariablesAreAUsageError) {
  const TemporaryFolder folder;
  const CommandResult result = run_command("RANK=0 " + worker("sum", folder, 1));
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.errors, HasSubstr("RANK is set, but WORLD_SIZE is not"));
}

}  // namespace
}  // namespace ersatz::test
