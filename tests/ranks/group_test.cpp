// Ranks on one machine: what they add up, and how the others end when one is gone.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

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
constexpr int kTerminated = 143;

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

// `command`, which looks for rank 0 at `port`, whatever the launcher says, for `seconds`.
std::string joining(int port, int seconds, const std::string& command) {
  return fmt::format("env MASTER_PORT={} RANK_WORKER_JOIN_SECONDS={} {}", port, seconds, command);
}

// Another service: it takes connections and answers nothing.
class SilentService {
 public:
  SilentService() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_, any, size), 0);
    EXPECT_EQ(::listen(socket_, 4), 0);
    EXPECT_EQ(::getsockname(socket_, any, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentService() { ::close(socket_); }
  SilentService(const SilentService&) = delete;
  SilentService& operator=(const SilentService&) = delete;

  int port() const { return port_; }

 private:
  int socket_;
  int port_ = 0;
};

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

// The third rank never appears, so that the first two gather until rank 0 is gone.
class LostWhileJoining : public ::testing::TestWithParam<int> {};

TEST_P(LostWhileJoining, RankZeroEndsTheOther) {
  const bool stopped = GetParam() == SIGSTOP;
  const TemporaryFolder folder;
  const int port = free_port();
  RankProcesses ranks(3, worker("meet", folder), [&](int rank, const std::string& command) {
    if (rank == 2) return "true #" + command;
    const std::size_t program = command.find(ERSATZ_TEST_DIR);
    return command.substr(0, program) +
           joining(port, rank == 1 && stopped ? 3 : 20, command.substr(program));
  });
  ASSERT_TRUE(RankProcesses::until([&] { return ranks.is_connected(1, port); }, 20));
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  ranks.signal(0, GetParam());
  if (stopped) {
    EXPECT_TRUE(RankProcesses::until([&] { return !ranks.is_connected(1, port); }, 10));
    ranks.signal(0, SIGKILL);
  }
  const auto results = ranks.wait(10);
  EXPECT_EQ(results[1].exit_status, kLost) << all_errors(results);
  EXPECT_THAT(results[1].errors,
              HasSubstr(stopped ? fmt::format("rank 0 of 3 does not answer at 127.0.0.1:{}", port)
                                : "rank 0 of 3 ended while the ranks gathered"));
}
INSTANTIATE_TEST_SUITE_P(Ranks, LostWhileJoining, ::testing::Values(SIGKILL, SIGSTOP),
                         [](const auto& instance) {
                           return instance.param == SIGKILL ? "Killed" : "Stopped";
                         });

TEST(RankGroup, APortOfAnotherServiceIsNotWaitedForWithoutEnd) {
  const SilentService service;
  const TemporaryFolder folder;
  RankProcesses ranks(
      2, joining(service.port(), 1, worker("meet", folder)),
      [](int rank, const std::string& command) { return (rank == 0 ? "true #" : "") + command; });
  const auto results = ranks.wait(20);
  EXPECT_EQ(results[1].exit_status, kLost) << all_errors(results);
  EXPECT_THAT(results[1].errors, HasSubstr("rank 0"));
  EXPECT_THAT(results[1].errors, HasSubstr(fmt::format("127.0.0.1:{}", service.port())));
}

// With nobody at the port, and with somebody who does not answer.
TEST(RankGroup, ASignalEndsTheJoining) {
  for (const bool answered : {false, true}) {
    const SilentService service;
    const TemporaryFolder folder;
    const int port = answered ? service.port() : free_port();
    RankProcesses ranks(
        2, joining(port, 20, worker("meet", folder)),
        [](int rank, const std::string& command) { return (rank == 0 ? "true #" : "") + command; });
    ASSERT_TRUE(RankProcesses::until([&] {
      return answered ? ranks.is_connected(1, port) : ranks.handles(1, "rank_worker", SIGTERM);
    }));
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    ranks.signal(1, SIGTERM);
    const auto results = ranks.wait(10);
    EXPECT_EQ(results[1].exit_status, kTerminated) << all_errors(results);
    EXPECT_THAT(results[1].errors, HasSubstr("terminated"));
  }
}

TEST(RankGroup, HalfSetVariablesAreAUsageError) {
  const TemporaryFolder folder;
  const CommandResult result = run_command("RANK=0 " + worker("sum", folder, 1));
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.errors, HasSubstr("RANK is set, but WORLD_SIZE is not"));
}

}  // namespace
}  // namespace ersatz::test
