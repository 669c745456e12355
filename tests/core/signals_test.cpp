#include "core/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "core/error.h"

namespace ersatz::core {
namespace {

int stop_status() {
  try {
    stop_point();
  } catch (const Interrupted& error) {
    return error.exit_status();
  }
  return 0;
}

// Each case in a process of its own: the flag is never cleared.
TEST(SignalsDeathTest, FirstSignalStopsAtTheNextStopPoint) {
  const auto after = [](int signal_number) {
    install_signal_handlers();
    if (stop_status() != 0) std::_Exit(1);
    std::raise(signal_number);
    std::_Exit(stop_status());
  };
  EXPECT_EXIT(after(SIGINT), ::testing::ExitedWithCode(130), "stopping at the next safe point");
  EXPECT_EXIT(after(SIGTERM), ::testing::ExitedWithCode(143), "stopping");
}

TEST(SignalsDeathTest, SecondInterruptEndsAtOnce) {
  const auto twice = [] {
    install_signal_handlers();
    std::raise(SIGINT);
    std::raise(SIGINT);
    std::_Exit(0);
  };
  EXPECT_EXIT(twice(), ::testing::ExitedWithCode(130), "stopped at once");
}

TEST(SignalsDeathTest, TimeLimitCountsAsInterrupt) {
  const auto limited = [] {
    stop_after(0.05);
    for (int i = 0; i < 200 && pending_signal() == 0; ++i) ::usleep(10000);
    std::_Exit(stop_status());
  };
  EXPECT_EXIT(limited(), ::testing::ExitedWithCode(130), "time limit");
}

}  // namespace
}  // namespace ersatz::core
