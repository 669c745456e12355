// What moves tensors between ranks: a process group of c10d for the CPU and, where there is one,
// for CUDA. The one place that knows Gloo, NCCL and what differs between libtorch's versions.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <vector>

#include "core/ranks.h"

namespace ersatz::compute {

using RankStore = c10::intrusive_ptr<c10d::Store>;

// A connection to the store at ranks.host:ranks.port; `serve`: it is held by this process. Throws
// what c10d throws, after `seconds`.
RankStore connect_store(const core::Ranks& ranks, bool serve, int seconds);

// Waits for a started transfer; throws what c10d throws.
using Transfer = std::function<void()>;

class C10dTransport {
 public:
  // Error::missing when this build has no Gloo.
  C10dTransport(const core::Ranks& ranks, const RankStore& store);
  ~C10dTransport();

  Transfer send(const torch::Tensor& tensor, int to);
  Transfer receive(const torch::Tensor& tensor, int from);
  Transfer broadcast(const torch::Tensor& tensor, int from);
  Transfer largest(const torch::Tensor& values);  // element by element, over all ranks; CPU

 private:
  struct Groups;
  std::unique_ptr<Groups> groups_;
};

}  // namespace ersatz::compute
