#include "compute/ranks/heartbeat.h"

#include <fmt/format.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/progress.h"
#include "core/rank_lost.h"

namespace ersatz::compute {
namespace {

using Clock = std::chrono::steady_clock;
using Store = c10::intrusive_ptr<c10d::Store>;

constexpr const char* kFailure = "failure";

std::string alive_key(int rank) { return fmt::format("alive/{}", rank); }
std::string ended_key(int rank) { return fmt::format("ended/{}", rank); }

void put(const Store& store, const std::string& key, const std::string& text) {
  store->set(key, std::vector<std::uint8_t>(text.begin(), text.end()));
}

std::optional<std::string> look(const Store& store, const std::string& key) {
  if (!store->check({key})) return std::nullopt;
  const std::vector<std::uint8_t> bytes = store->get(key);
  return std::string(bytes.begin(), bytes.end());
}

// "60 text"
std::string packed(const RankFailure& failure) {
  return fmt::format("{} {}", failure.exit_status, failure.message);
}
RankFailure unpacked(const std::string& text) {
  const std::size_t space = text.find(' ');
  return {std::atoi(text.c_str()), space == std::string::npos ? "" : text.substr(space + 1)};
}

RankFailure lost(const std::string& message) {
  return {static_cast<int>(core::kRankLost), message};
}

}  // namespace

void RankFailure::raise() const {
  if (exit_status == 130) throw core::Interrupted(SIGINT);
  if (exit_status == 143) throw core::Interrupted(SIGTERM);
  if (exit_status == static_cast<int>(core::kRankLost)) {
    throw core::rank_lost(message);
  }
  throw core::Error(static_cast<core::ExitCode>(exit_status), message);
}

struct Heartbeat::State {
  core::Ranks ranks;
  RankTimes times;
  std::function<Store()> connect;

  std::mutex guard;
  std::condition_variable changed;
  std::optional<RankFailure> failure;
  Clock::time_point failed_at, last_beat = Clock::now();
  std::optional<RankFailure> leaving;  // what to say when this rank ends
  bool said = false;                   // and that it has been said
  bool all_ended = false;              // rank 0: so have the others
  bool beating = true;                 // false: no more signs of life will be given
  bool stop = false;
  int threads = 0;  // still running

  // Of the thread that beats.
  struct Seen {
    std::int64_t count = -1;
    Clock::time_point since = Clock::now();
    bool ended = false;
  };
  std::vector<Seen> seen;

  void fail(const RankFailure& what) {
    const std::lock_guard<std::mutex> lock(guard);
    if (failure || said) return;
    failure = what;
    failed_at = Clock::now();
    changed.notify_all();
  }

  std::string silent(int rank) const {
    return fmt::format(
        "rank {} of {} has given no sign of life for {} s: it was killed, or its machine or the "
        "network failed",
        rank, ranks.size, times.silence.count() / 1000.0);
  }

  // Looks at another rank; true when nothing more is to be expected of it.
  bool watch(const Store& store, int rank) {
    Seen& other = seen[static_cast<std::size_t>(rank)];
    if (other.ended) return true;
    if (const auto text = look(store, ended_key(rank))) {
      other.ended = true;
      const RankFailure end = unpacked(*text);
      if (end.exit_status != 0) {
        fail({end.exit_status,
              fmt::format("rank {} of {} failed: {}", rank, ranks.size, end.message)});
      }
      return true;
    }
    const std::int64_t count = store->add(alive_key(rank), 0);
    const Clock::time_point now = Clock::now();
    if (count != other.count) {
      other.count = count;
      other.since = now;
    } else if (now - other.since > times.silence) {
      other.ended = true;
      fail(lost(silent(rank)));
    }
    return other.ended;
  }

  // Rank 0 tells all what it found.
  void watch_others(const Store& store) {
    bool all = true;
    for (int rank = 1; rank < ranks.size; ++rank) all = watch(store, rank) && all;
    std::optional<RankFailure> found;
    {
      const std::lock_guard<std::mutex> lock(guard);
      all_ended = all;
      found = failure;
      changed.notify_all();
    }
    if (found) put(store, kFailure, packed(*found));
  }

  // The store may be another process's than rank 0's: it is watched, too.
  void watch_first(const Store& store) {
    if (const auto text = look(store, kFailure)) {
      fail(unpacked(*text));
    } else {
      watch(store, 0);
    }
  }

  void say_end(const Store& store) {
    std::optional<RankFailure> end;
    {
      const std::lock_guard<std::mutex> lock(guard);
      if (said || !leaving) return;
      end = leaving;
    }
    put(store, ended_key(ranks.rank), packed(*end));
    if (ranks.rank == 0 && end->exit_status != 0) {
      put(store, kFailure,
          packed({end->exit_status,
                  fmt::format("rank 0 of {} failed: {}", ranks.size, end->message)}));
    }
    const std::lock_guard<std::mutex> lock(guard);
    said = true;
    changed.notify_all();
  }

  void beat() {
    seen.resize(static_cast<std::size_t>(ranks.size));
    try {
      const Store store = connect();
      while (true) {
        store->add(alive_key(ranks.rank), 1);
        if (ranks.rank == 0) {
          watch_others(store);
        } else {
          watch_first(store);
        }
        say_end(store);
        std::unique_lock<std::mutex> lock(guard);
        last_beat = Clock::now();
        if (ranks.rank != 0 && said) break;
        changed.wait_for(lock, times.beat, [this] { return stop || (leaving && !said); });
        if (stop) break;
      }
    } catch (const std::exception& error) {
      const std::string why(error.what());
      fail(lost(fmt::format("rank 0 of {} cannot be reached any more: {}", ranks.size,
                            why.substr(0, why.find('\n')))));
    }
    const std::lock_guard<std::mutex> lock(guard);
    said = said || leaving;
    beating = false;
    --threads;
    changed.notify_all();
  }

  // Ends the process when it does not end by itself, and notices when the store does not answer.
  void supervise() {
    std::unique_lock<std::mutex> lock(guard);
    while (!stop && !said) {
      changed.wait_for(lock, times.beat);
      const Clock::time_point now = Clock::now();
      if (!failure && !said && now - last_beat > times.silence) {
        failure = lost(silent(0));
        failed_at = now;
        changed.notify_all();
      }
      if (failure && !leaving && now - failed_at > times.grace) {
        core::clear_progress_line();
        try {
          failure->raise();
        } catch (const core::Error& error) {
          core::print_error(error);
        }
        std::fflush(nullptr);
        ::_exit(failure->exit_status);
      }
    }
    --threads;
    changed.notify_all();
  }
};

Heartbeat::Heartbeat(const core::Ranks& ranks, const RankTimes& times,
                     std::function<Store()> connect)
    : state_(std::make_shared<State>()) {
  state_->ranks = ranks;
  state_->times = times;
  state_->connect = std::move(connect);
  state_->threads = 2;
  // They own the state: one that waits for a store that does not answer may outlive this object.
  std::thread([state = state_] { state->beat(); }).detach();
  std::thread([state = state_] { state->supervise(); }).detach();
}

Heartbeat::~Heartbeat() {
  std::unique_lock<std::mutex> lock(state_->guard);
  state_->stop = true;
  state_->changed.notify_all();
  state_->changed.wait_for(lock, std::chrono::seconds(2), [&] { return state_->threads == 0; });
}

std::optional<RankFailure> Heartbeat::failure() const {
  const std::lock_guard<std::mutex> lock(state_->guard);
  return state_->failure;
}

RankFailure Heartbeat::explain(const std::string& otherwise) const {
  std::unique_lock<std::mutex> lock(state_->guard);
  state_->changed.wait_for(lock, state_->times.silence + 4 * state_->times.beat,
                           [&] { return state_->failure.has_value(); });
  return state_->failure ? *state_->failure : lost(otherwise);
}

void Heartbeat::leave(int exit_status, const std::string& message) {
  State& state = *state_;
  std::unique_lock<std::mutex> lock(state.guard);
  state.leaving = RankFailure{exit_status, message.substr(0, message.find('\n'))};
  state.changed.notify_all();
  state.changed.wait_for(lock, state.times.silence, [&] { return state.said; });
  if (state.ranks.rank != 0) return;
  // The store is this process's: it stays until nobody needs it, or nobody will come.
  const auto ended = [&] { return state.all_ended || !state.beating; };
  if (exit_status == 0) {
    state.changed.wait(lock, ended);
  } else {
    state.changed.wait_for(lock, state.times.silence, ended);
  }
}

}  // namespace ersatz::compute
