#include "compute/thread_team.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "compute/parallel.h"
#include "core/blas.h"
#include "core/error.h"

namespace ersatz::compute {

struct ThreadTeam::State {
  std::mutex guard;
  std::condition_variable start, finished;
  const std::function<void(std::int64_t)>* work = nullptr;
  bool record_gradients = true;
  std::int64_t round = 0, running = 0;
  bool ending = false;
  std::vector<std::exception_ptr> failures;
  std::vector<std::thread> threads;
  int blas_threads = 0;  // before the team; 0: not changed

  void serve(std::int64_t number) {
    use_one_thread_here();
    std::int64_t done = 0;
    std::unique_lock<std::mutex> lock(guard);
    while (true) {
      start.wait(lock, [&] { return ending || round != done; });
      if (ending) return;
      done = round;
      const auto* const task = work;
      const bool record = record_gradients;
      lock.unlock();
      std::exception_ptr failure;
      try {
        const torch::AutoGradMode mode(record);
        (*task)(number);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      failures[static_cast<std::size_t>(number)] = failure;
      if (--running == 0) finished.notify_all();
    }
  }
};

ThreadTeam::ThreadTeam(std::int64_t size) : state_(std::make_unique<State>()) {
  if (size < 1) throw core::Error::internal("a team needs at least one thread");
  if (size > 1) state_->blas_threads = core::set_blas_threads(1);
  state_->failures.resize(static_cast<std::size_t>(size));
  State* const state = state_.get();
  for (std::int64_t i = 0; i < size; ++i) {
    state_->threads.emplace_back([state, i] { state->serve(i); });
  }
}

ThreadTeam::~ThreadTeam() {
  {
    const std::lock_guard<std::mutex> lock(state_->guard);
    state_->ending = true;
  }
  state_->start.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
  if (state_->blas_threads > 0) core::set_blas_threads(state_->blas_threads);
}

std::int64_t ThreadTeam::size() const { return static_cast<std::int64_t>(state_->threads.size()); }

void ThreadTeam::run(const std::function<void(std::int64_t)>& work) {
  State& state = *state_;
  std::unique_lock<std::mutex> lock(state.guard);
  state.work = &work;
  state.record_gradients = torch::GradMode::is_enabled();
  state.running = size();
  ++state.round;
  state.start.notify_all();
  state.finished.wait(lock, [&] { return state.running == 0; });
  for (std::exception_ptr& failure : state.failures) {
    if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
  }
}

}  // namespace ersatz::compute
