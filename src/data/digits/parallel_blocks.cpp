#include "data/digits/parallel_blocks.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace ersatz::data {

void for_each_block(std::int64_t count, std::int64_t block, int threads,
                    const std::function<void(std::int64_t begin, std::int64_t end)>& body) {
  if (count <= 0) return;
  block = std::max<std::int64_t>(1, block);
  const std::int64_t blocks = (count - 1) / block + 1;
  if (threads <= 0) threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  threads = static_cast<int>(std::min<std::int64_t>(threads, blocks));

  std::atomic<std::int64_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto work = [&] {
    try {
      for (std::int64_t i = next.fetch_add(1); i < blocks; i = next.fetch_add(1)) {
        body(i * block, std::min(count, (i + 1) * block));
      }
    } catch (...) {
      next.store(blocks);
      const std::lock_guard<std::mutex> lock(failure_mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::thread> helpers;
  for (int i = 1; i < threads; ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace ersatz::data
