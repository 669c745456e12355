// Processes that compute together, and what they say to each other.
//
// All ranks of a group make the same calls in the same order. When one of them is gone or has
// failed, the others' calls throw (core::rank_lost(), or the other's error), and a process that
// does not call is ended: see join_ranks().
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

namespace ersatz::compute {

class RankGroup {
 public:
  virtual ~RankGroup() = default;

  virtual int rank() const = 0;
  virtual int size() const = 0;
  bool first() const { return rank() == 0; }
  bool last() const { return rank() + 1 == size(); }

  // Tensors are dense and of equal shape and type on both sides, on the CPU or this rank's device.
  // A sent tensor must not change before finish_sends() has returned.
  virtual void send(const torch::Tensor& tensor, int to) = 0;
  virtual void receive(const torch::Tensor& tensor, int from) = 0;
  virtual void finish_sends() = 0;
  // What rank `from` has in `tensor` goes to all.
  virtual void broadcast(const torch::Tensor& tensor, int from) = 0;
  // The largest of all ranks' values; returns when all have called it.
  virtual std::int64_t largest(std::int64_t value) = 0;

  // One text after the other from rank 0 to each of the others, which may wait for it as long as
  // they like: they stop at a signal (core::Interrupted) and when rank 0 ends.
  virtual void post(const std::string& text) = 0;
  virtual std::string next_post() = 0;

  // Throws when another rank is known to have failed.
  virtual void check() = 0;
  // The last call: this rank is done (`exit_status` 0) or has failed, as `message` says. Rank 0
  // waits for the others.
  virtual void leave(int exit_status, const std::string& message) = 0;
};

// `text` of rank 0, on all ranks.
std::string broadcast_text(RankGroup& group, const std::string& text);

}  // namespace ersatz::compute
