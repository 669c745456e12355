// Work on as many threads as libtorch computes with.
//
// libtorch's own at::parallel_for is a template that runs on one thread unless the file that calls
// it is compiled with OpenMP; here that is so in one place. Called from inside a parallel region,
// all of these run on the calling thread alone. What a thread throws is thrown to the caller.
#pragma once

#include <cstdint>
#include <functional>

namespace ersatz::compute {

// Calls work(begin, end) for disjoint ranges that together are [0, count), of at least `grain`
// numbers each where there is more than one.
void parallel_for(std::int64_t count, std::int64_t grain,
                  const std::function<void(std::int64_t begin, std::int64_t end)>& work);

// How many things of `numbers` floats each are worth waking a second thread for, where each number
// is touched once: the grain to give to parallel_for.
inline std::int64_t grain_for(std::int64_t numbers) {
  constexpr std::int64_t kWorthAThread = 16384;
  return numbers >= kWorthAThread ? 1 : kWorthAThread / (numbers < 1 ? 1 : numbers);
}

// Calls task(i, scratch) for every i in [0, count): each thread that is free takes the next i, for
// tasks that are long or take unequal times. `scratch`: `floats` floats of the thread's own,
// aligned to 64 bytes, with any content.
void run_tasks(std::int64_t count, std::int64_t floats,
               const std::function<void(std::int64_t i, float* scratch)>& task);

// From now on the calling thread computes alone: neither the functions above nor libtorch's or
// oneDNN's loops start other threads from it.
void use_one_thread_here();

}  // namespace ersatz::compute
