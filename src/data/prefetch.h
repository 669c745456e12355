// Makes the next items on a thread of its own while the current one is being used.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace ersatz::data {

template <typename Item>
class Prefetch {
 public:
  // Calls make(first), make(first + 1), ... make(last - 1) in this order on one thread, at most
  // `depth` items ahead of next().
  Prefetch(std::int64_t first, std::int64_t last, std::function<Item(std::int64_t)> make,
           std::size_t depth = 2)
      : make_(std::move(make)), depth_(depth), left_(last - first) {
    worker_ = std::thread([this, first, last] { work(first, last); });
  }

  ~Prefetch() {
    {
      const std::lock_guard<std::mutex> lock(guard_);
      stop_ = true;
    }
    room_.notify_all();
    worker_.join();
  }
  Prefetch(const Prefetch&) = delete;
  Prefetch& operator=(const Prefetch&) = delete;

  // The next item, in order; waits for it. Throws what make() threw for this item. Must not be
  // called more than last - first times.
  Item next() {
    std::unique_lock<std::mutex> lock(guard_);
    ready_.wait(lock, [this] { return !items_.empty() || failure_; });
    if (items_.empty()) std::rethrow_exception(failure_);
    Item item = std::move(items_.front());
    items_.pop_front();
    --left_;
    room_.notify_one();
    return item;
  }

  std::int64_t left() const { return left_; }

 private:
  void work(std::int64_t first, std::int64_t last) {
    try {
      for (std::int64_t i = first; i < last; ++i) {
        {
          std::unique_lock<std::mutex> lock(guard_);
          room_.wait(lock, [this] { return stop_ || items_.size() < depth_; });
          if (stop_) return;
        }
        Item item = make_(i);
        const std::lock_guard<std::mutex> lock(guard_);
        items_.push_back(std::move(item));
        ready_.notify_one();
      }
    } catch (...) {
      const std::lock_guard<std::mutex> lock(guard_);
      failure_ = std::current_exception();
      ready_.notify_one();
    }
  }

  std::function<Item(std::int64_t)> make_;
  std::size_t depth_;
  std::int64_t left_;
  std::mutex guard_;
  std::condition_variable ready_, room_;
  std::deque<Item> items_;
  std::exception_ptr failure_;
  bool stop_ = false;
  std::thread worker_;
};

}  // namespace ersatz::data
