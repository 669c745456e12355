// Threads on each of which libtorch computes alone: for work that divides into a few equal parts,
// such as the gradients of the parts of a batch. One barrier per round takes the place of one per
// operation, and operations too small to be divided keep all cores busy too.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace ersatz::compute {

class ThreadTeam {
 public:
  // Starts `size` >= 1 threads. As long as a team of two or more lives, OpenBLAS uses one thread in
  // the whole process, since threads that call it at a time would wait for each other.
  explicit ThreadTeam(std::int64_t size);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  std::int64_t size() const;

  // Calls work(0), ..., work(size - 1), each on the thread of that number, with gradients recorded
  // as in the calling thread, and returns when all have returned. What one of them throws is thrown
  // to the caller (of several, the one with the lowest number).
  void run(const std::function<void(std::int64_t)>& work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ersatz::compute
