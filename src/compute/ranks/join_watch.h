// Ends a process that hangs while the ranks join: c10d's calls have no time limit of their own and
// go on after a signal; the heartbeat does not exist yet, or finds the others well.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "core/ranks.h"

namespace ersatz::compute {

class JoinWatch {
 public:
  // Rank 0 is to be reached within `join`. A process that neither goes on nor ends by itself has
  // `grace` more, then it ends with exit code 60; after a signal it has `grace`, at most 3 s, then
  // it ends with 130 or 143.
  JoinWatch(const core::Ranks& ranks, std::chrono::milliseconds join,
            std::chrono::milliseconds grace);
  ~JoinWatch();
  JoinWatch(const JoinWatch&) = delete;
  JoinWatch& operator=(const JoinWatch&) = delete;

  // Rank 0 was reached: from here on `join` is the time for the others to appear.
  void reached();
  // All have appeared: from here on `join` is the time for connecting each with each.
  void gathered();

 private:
  using Clock = std::chrono::steady_clock;
  void watch();
  enum class Phase { kReaching, kGathering, kConnecting };
  void begin(Phase phase);
  std::string silent() const;  // what to say when nothing answers

  const core::Ranks ranks_;
  const std::chrono::milliseconds join_, grace_;
  std::mutex guard_;
  std::condition_variable changed_;
  Clock::time_point end_;
  Phase phase_ = Phase::kReaching;
  bool stop_ = false;
  std::thread thread_;  // begins last: it uses the others
};

}  // namespace ersatz::compute
