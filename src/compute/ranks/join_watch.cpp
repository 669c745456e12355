#include "compute/ranks/join_watch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "core/error.h"
#include "core/progress.h"
#include "core/rank_lost.h"
#include "core/signals.h"

namespace ersatz::compute {
namespace {

constexpr std::chrono::milliseconds kSignalLook{50};        // between looks for a signal
constexpr std::chrono::milliseconds kMaxSignalGrace{3000};  // whoever sent it waits

[[noreturn]] void end_process(const core::Error& error) {
  core::clear_progress_line();
  core::print_error(error);
  std::fflush(nullptr);
  ::_exit(error.exit_status());
}

}  // namespace

JoinWatch::JoinWatch(const core::Ranks& ranks, std::chrono::milliseconds join,
                     std::chrono::milliseconds grace)
    : ranks_(ranks), join_(join), grace_(grace), end_(Clock::now() + join + grace), thread_([this] {
        watch();
      }) {}

JoinWatch::~JoinWatch() {
  {
    const std::lock_guard<std::mutex> lock(guard_);
    stop_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void JoinWatch::reached() { begin(Phase::kGathering); }

void JoinWatch::gathered() { begin(Phase::kConnecting); }

void JoinWatch::begin(Phase phase) {
  const std::lock_guard<std::mutex> lock(guard_);
  phase_ = phase;
  end_ = Clock::now() + join_ + grace_;
}

std::string JoinWatch::silent() const {
  if (phase_ == Phase::kConnecting) {
    return fmt::format(
        "rank {} of {} cannot connect with all others: they are there, but between their machines "
        "only port {} seems to be open, or GLOO_SOCKET_IFNAME names an interface that does not "
        "lead to them",
        ranks_.rank, ranks_.size, ranks_.port);
  }
  if (phase_ == Phase::kReaching) {
    return fmt::format("rank {} of {} cannot reach rank 0 at {}:{}: nothing answers", ranks_.rank,
                       ranks_.size, ranks_.host, ranks_.port);
  }
  return fmt::format(
      "rank 0 of {} does not answer at {}:{}: it was stopped, its machine or the network failed, "
      "or another service uses this port",
      ranks_.size, ranks_.host, ranks_.port);
}

void JoinWatch::watch() {
  std::optional<Clock::time_point> signalled;
  std::unique_lock<std::mutex> lock(guard_);
  while (!changed_.wait_for(lock, kSignalLook, [this] { return stop_; })) {
    const Clock::time_point now = Clock::now();
    const int number = core::pending_signal();
    if (number != 0 && !signalled) signalled = now;
    if (signalled && now - *signalled > std::min(grace_, kMaxSignalGrace)) {
      end_process(core::Interrupted(number));
    }
    if (now > end_) end_process(core::rank_lost(silent()));
  }
}

}  // namespace ersatz::compute
