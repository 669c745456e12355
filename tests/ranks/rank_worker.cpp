// What one rank does in the tests: rank_worker ACTION FOLDER [PARTS]. Run without a launcher it is
// one process.
#include <fmt/format.h>
#include <sys/prctl.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "compute/random_rows.h"
#include "compute/ranks/c10d_transport.h"
#include "compute/ranks/join_ranks.h"
#include "compute/ranks/ordered_sum.h"
#include "compute/threads.h"
#include "core/blas.h"
#include "core/error.h"
#include "core/file_system.h"
#include "core/signals.h"
#include "models/safetensors.h"
#include "ranks/rank_trainings.h"

namespace ersatz::test {
namespace {

// Part `part` of a batch: several tensors, one larger than what is sent at a time, one not
// contiguous.
std::vector<torch::Tensor> numbers_of(std::int64_t part) {
  const auto draw = [&](std::vector<std::int64_t> shape, const char* name) {
    return compute::normal_rows(1, shape, 7, name, static_cast<std::uint64_t>(part)).squeeze(0);
  };
  return {
      draw({3, 5}, "a"), draw({1100, 1100}, "b"),
      draw({2, 4, 3, 3}, "c").to(torch::kFloat32, false, true, torch::MemoryFormat::ChannelsLast),
      draw({1}, "d")[0]};
}

void sum_numbers(const Rank& rank) {
  const compute::PartRange own =
      rank.group == nullptr ? compute::PartRange{0, rank.parts}
                            : compute::part_range(rank.parts, rank.number(), rank.place.size);
  std::vector<std::vector<torch::Tensor>> parts;
  for (std::int64_t part = own.first; part < own.end(); ++part) parts.push_back(numbers_of(part));
  compute::ordered_sum(rank.group, parts);
  models::NamedTensors named;
  for (std::size_t i = 0; i < parts[0].size(); ++i) named[fmt::format("{}", i)] = parts[0][i];
  models::save_safetensors(rank.file("sum"), named);
  if (rank.group == nullptr) return;
  // What else ranks say to each other.
  const std::string text = compute::broadcast_text(
      *rank.group, rank.group->first() ? std::string(70000, 'x') + "end" : "nobody's");
  std::printf("%zu %s\n", text.size(), text.substr(70000).c_str());
  std::printf("largest %lld\n", static_cast<long long>(rank.group->largest(-10 + rank.number())));
  for (const char* word : {"one", "two"}) {
    if (rank.group->first()) {
      rank.group->post(word);
    } else {
      std::printf("post %s\n", rank.group->next_post().c_str());
    }
  }
}

// Rank 1 fails; the others wait for it.
void fail_together(const Rank& rank) {
  if (rank.number() == 1) throw core::Error::numeric("the loss of this test", "step 3");
  rank.group->largest(0);
}

// All ranks meet again and again.
void meet_for_ever(const Rank& rank) {
  rank.group->largest(0);
  rank.ready();
  while (true) {
    rank.group->largest(core::pending_signal());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// Rank 0 computes, the others wait for what it says next.
void compute_for_ever(const Rank& rank) {
  rank.group->largest(0);
  rank.ready();
  if (rank.number() != 0) rank.group->next_post();
  while (true) std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

void act(const std::string& action, const Rank& rank) {
  if (action == "sum") sum_numbers(rank);
  if (train_as_rank(action, rank)) return;
  if (action == "fail") fail_together(rank);
  if (action == "meet") meet_for_ever(rank);
  if (action == "compute") compute_for_ever(rank);
}

// A process beside rank 0 that holds the store as long as rank 0 lives.
[[noreturn]] void hold_store(const core::Ranks& place) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const compute::RankStore store = compute::connect_store(place, true, 20);
  while (true) ::pause();
}

int run(int argc, char** argv) {
  if (argc < 3) throw core::Error::usage("rank_worker ACTION FOLDER [PARTS]");
  core::install_signal_handlers();
  compute::use_threads(1);
  Rank rank;
  rank.place = core::ranks_from_environment();
  rank.folder = argv[2];
  rank.parts = argc > 3 ? std::atoll(argv[3]) : 0;
  std::unique_ptr<compute::RankGroup> group;
  if (std::getenv("RANK_WORKER_SERVE") != nullptr && rank.number() == 0 && ::fork() == 0) {
    hold_store(rank.place);
  }
  if (!rank.place.alone()) {
    compute::RankTimes times;  // short ones: nobody here works for long without a sign of life
    times.join = std::chrono::milliseconds(20000);
    if (const char* const join = std::getenv("RANK_WORKER_JOIN_SECONDS")) {
      times.join = std::chrono::seconds(std::atoi(join));
    }
    times.beat = std::chrono::milliseconds(100);
    times.silence = std::chrono::milliseconds(3000);
    times.grace = std::chrono::milliseconds(1000);
    group = compute::join_ranks(rank.place, times);
    rank.group = group.get();
  }
  try {
    act(argv[1], rank);
  } catch (const core::Error& error) {
    if (group) group->leave(error.exit_status(), error.what());
    throw;
  }
  if (group) group->leave(0, "");
  return 0;
}

}  // namespace
}  // namespace ersatz::test

int main(int argc, char** argv) {
  ersatz::core::ensure_fast_blas(argv);
  return ersatz::core::report_exceptions(ersatz::test::run, argc, argv);
}
