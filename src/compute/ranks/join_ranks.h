// Becoming one of several ranks.
#pragma once

#include <chrono>
#include <memory>

#include "compute/ranks/rank_group.h"
#include "core/ranks.h"

namespace ersatz::compute {

struct RankTimes {
  std::chrono::milliseconds join{120000};    // until all ranks must have appeared
  std::chrono::milliseconds beat{500};       // between two signs of life
  std::chrono::milliseconds silence{10000};  // after which a rank counts as lost
  // What a process has for ending by itself after another one was lost; then it is ended.
  std::chrono::milliseconds grace{10000};
};

// Meets the other ranks at ranks.host:ranks.port and watches over them from then on: each gives a
// sign of life from a thread of its own. Between CPUs data goes by Gloo, over the network interface
// by which rank 0 is reached; between GPUs by NCCL, in a build with it where each rank has a GPU of
// its own, else through the hosts' memory.
//
// A rank that was killed or cannot be reached is noticed by the others within silence + beat; they
// end with exit code 60 at most `grace` later, whatever they are doing. core::rank_lost() when not
// all ranks appear or can be connected, or rank 0 ends or does not answer meanwhile; a signal ends
// the joining;
// Error::missing (exit 40) when this build's libtorch has no Gloo.
std::unique_ptr<RankGroup> join_ranks(const core::Ranks& ranks, const RankTimes& times = {});

// "auto" and "cuda" for one of several ranks on this machine: each takes the GPU of its number.
std::string rank_device(const std::string& device, const core::Ranks& ranks);

}  // namespace ersatz::compute
