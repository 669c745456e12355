#include "compute/parallel.h"

#include <ATen/Parallel.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

namespace ersatz::compute {

namespace {

struct Release {
  void operator()(float* memory) const { ::operator delete(memory, std::align_val_t(64)); }
};

using Memory = std::unique_ptr<float, Release>;

Memory allocate(std::int64_t floats) {
  return Memory(static_cast<float*>(
      ::operator new(static_cast<std::size_t>(floats) * sizeof(float), std::align_val_t(64))));
}

// The thread's memory, kept from call to call: fresh memory would be mapped page by page every
// time. A task that starts tasks of its own is still using it: those get memory of theirs.
class Scratch {
 public:
  explicit Scratch(std::int64_t floats) : outermost_(!kept().in_use) {
    if (!outermost_) {
      own_ = allocate(floats);
      return;
    }
    if (kept().floats < floats) {
      kept().floats = 0;
      kept().memory.reset();
      kept().memory = allocate(floats);
      kept().floats = floats;
    }
    kept().in_use = true;
  }
  ~Scratch() {
    if (outermost_) kept().in_use = false;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  float* floats() const { return outermost_ ? kept().memory.get() : own_.get(); }

 private:
  struct Kept {
    Memory memory;
    std::int64_t floats = 0;
    bool in_use = false;
  };
  static Kept& kept() {
    thread_local Kept instance;
    return instance;
  }

  bool outermost_;
  Memory own_;
};

// Calls body(i) once on each of `threads` threads, or body(0..threads-1) in turn.
void on_threads(std::int64_t threads, const std::function<void(std::int64_t)>& body) {
  if (threads <= 1 || omp_in_parallel() != 0) {
    for (std::int64_t i = 0; i < threads; ++i) body(i);
    return;
  }
  std::exception_ptr failure;
  std::mutex guard;
  const auto one = [&](std::int64_t i) {
    try {
      body(i);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(guard);
      failure = std::current_exception();
    }
  };
#ifdef __SANITIZE_THREAD__
  // The thread sanitizer does not see OpenMP's barriers, and would take everything for a race.
  std::vector<std::thread> team;
  for (std::int64_t i = 0; i < threads; ++i) team.emplace_back(one, i);
  for (std::thread& thread : team) thread.join();
#else
#pragma omp parallel for num_threads(static_cast <int>(threads)) schedule(static, 1)
  for (std::int64_t i = 0; i < threads; ++i) one(i);
#endif
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

void parallel_for(std::int64_t count, std::int64_t grain,
                  const std::function<void(std::int64_t, std::int64_t)>& work) {
  if (count <= 0) return;
  const std::int64_t useful = std::max<std::int64_t>(1, count / std::max<std::int64_t>(1, grain));
  const std::int64_t threads = std::min<std::int64_t>(useful, at::get_num_threads());
  on_threads(threads,
             [&](std::int64_t i) { work(count * i / threads, count * (i + 1) / threads); });
}

void run_tasks(std::int64_t count, std::int64_t floats,
               const std::function<void(std::int64_t, float*)>& task) {
  std::atomic<std::int64_t> next{0};
  on_threads(std::min<std::int64_t>(count, at::get_num_threads()), [&](std::int64_t) {
    const Scratch scratch(floats);
    for (std::int64_t i = next++; i < count; i = next++) task(i, scratch.floats());
  });
}

void use_one_thread_here() {
  at::get_num_threads();  // libtorch sets its number the first time a thread asks: not later, then
  omp_set_num_threads(1);
}

}  // namespace ersatz::compute
