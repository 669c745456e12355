// Signs of life between ranks, through the store of c10d.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "compute/ranks/join_ranks.h"

namespace ersatz::compute {

// Why the group is at its end.
struct RankFailure {
  int exit_status = 0;
  std::string message;
  [[noreturn]] void raise() const;  // as core::Interrupted for 130 and 143, else core::Error
};

// Rank 0 watches all, the others watch rank 0, which tells them what it finds.
class Heartbeat {
 public:
  // `connect` makes a connection to the store that nobody else uses.
  Heartbeat(const core::Ranks& ranks, const RankTimes& times,
            std::function<c10::intrusive_ptr<c10d::Store>()> connect);
  ~Heartbeat();
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  std::optional<RankFailure> failure() const;
  // The failure that broke a connection a moment ago, once it is known: at the latest when a
  // missing sign of life is noticed. `otherwise`: what to say if there is none even then.
  RankFailure explain(const std::string& otherwise) const;

  // This rank says that it ends. Rank 0 returns when all others have done so or are lost.
  void leave(int exit_status, const std::string& message);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ersatz::compute
