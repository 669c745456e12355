#include "compute/ranks/join_ranks.h"

#include <fmt/format.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <deque>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include "compute/device.h"
#include "compute/ranks/c10d_transport.h"
#include "compute/ranks/heartbeat.h"
#include "compute/ranks/join_watch.h"
#include "core/error.h"
#include "core/rank_lost.h"
#include "core/signals.h"

namespace ersatz::compute {
namespace {

constexpr const char* kJoined = "joined";
constexpr std::chrono::milliseconds kLook{50};  // between looks for something to appear

std::string post_key(std::int64_t number) { return fmt::format("post/{}", number); }

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

RankStore meet(const core::Ranks& ranks, const RankTimes& times) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(times.join).count();
  try {
    return connect_store(ranks, ranks.rank == 0 && !ranks.agent_store,
                         std::max(1, static_cast<int>(seconds)));
  } catch (const std::exception& error) {
    core::stop_point();  // a signal breaks the connecting off
    throw core::rank_lost(ranks.rank == 0
                              ? fmt::format("rank 0 cannot listen at {}:{}: {}", ranks.host,
                                            ranks.port, first_line(error.what()))
                              : fmt::format("rank {} of {} cannot reach rank 0 at {}:{}: {}",
                                            ranks.rank, ranks.size, ranks.host, ranks.port,
                                            first_line(error.what())));
  }
}

// Until all ranks are there. Throws what c10d throws.
void wait_for_all(const core::Ranks& ranks, const RankTimes& times, const RankStore& store) {
  const auto end = std::chrono::steady_clock::now() + times.join;
  std::int64_t present = store->add(kJoined, 1);
  while (present < ranks.size) {
    core::stop_point();
    if (std::chrono::steady_clock::now() > end) {
      throw core::rank_lost(fmt::format("only {} of {} ranks appeared at {}:{} within {} s",
                                        present, ranks.size, ranks.host, ranks.port,
                                        times.join.count() / 1000));
    }
    std::this_thread::sleep_for(kLook);
    present = store->add(kJoined, 0);
  }
  if (present > ranks.size) {
    throw core::Error::usage(fmt::format("{} ranks appeared at {}:{}, {} were expected", present,
                                         ranks.host, ranks.port, ranks.size),
                             "another run uses this port: choose another MASTER_PORT");
  }
}

void gather(const core::Ranks& ranks, const RankTimes& times, const RankStore& store) {
  try {
    wait_for_all(ranks, times, store);
  } catch (const core::Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    core::stop_point();
    const std::string holder =
        ranks.agent_store ? "the launcher's store" : fmt::format("rank 0 of {}", ranks.size);
    throw core::rank_lost(fmt::format("{} ended while the ranks gathered at {}:{}: {}", holder,
                                      ranks.host, ranks.port, first_line(error.what())));
  }
}

class JoinedRanks final : public RankGroup {
 public:
  JoinedRanks(const core::Ranks& ranks, const RankTimes& times)
      : ranks_(ranks),
        watch_(std::make_unique<JoinWatch>(ranks, times.join, times.grace)),
        store_(meet(ranks, times)) {
    watch_->reached();
    gather(ranks, times, store_);
    heartbeat_ = std::make_unique<Heartbeat>(ranks, times, [ranks, times] {
      return connect_store(ranks, false, static_cast<int>(times.silence.count() / 1000) + 1);
    });
    watch_->gathered();
    guarded([&] { transport_ = std::make_unique<C10dTransport>(ranks, store_); });
    watch_.reset();  // the heartbeat alone watches from here on
  }

  ~JoinedRanks() override {
    if (!heartbeat_ || !heartbeat_->failure()) return;
    // Transfers to a rank that does not answer would be waited for. The process is at its end.
    static_cast<void>(new std::deque<Transfer>(std::move(sends_)));
    static_cast<void>(transport_.release());
  }

  int rank() const override { return ranks_.rank; }
  int size() const override { return ranks_.size; }

  void send(const torch::Tensor& tensor, int to) override {
    guarded([&] { sends_.push_back(transport_->send(tensor, to)); });
  }
  void receive(const torch::Tensor& tensor, int from) override {
    guarded([&] { transport_->receive(tensor, from)(); });
  }
  void finish_sends() override {
    guarded([&] {
      for (const Transfer& transfer : sends_) transfer();
      sends_.clear();
    });
  }
  void broadcast(const torch::Tensor& tensor, int from) override {
    guarded([&] { transport_->broadcast(tensor, from)(); });
  }
  std::int64_t largest(std::int64_t value) override {
    const torch::Tensor values = torch::full({1}, value, torch::kInt64);
    guarded([&] { transport_->largest(values)(); });
    return values.item<std::int64_t>();
  }

  void post(const std::string& text) override {
    guarded([&] {
      store_->set(post_key(posts_++), std::vector<std::uint8_t>(text.begin(), text.end()));
    });
  }
  std::string next_post() override {
    const std::string key = post_key(posts_);
    std::string text;
    guarded([&] {
      while (!store_->check({key})) {
        core::stop_point();
        check();
        std::this_thread::sleep_for(kLook);
      }
      const std::vector<std::uint8_t> bytes = store_->get(key);
      text.assign(bytes.begin(), bytes.end());
    });
    ++posts_;
    return text;
  }

  void check() override {
    if (const auto failure = heartbeat_->failure()) failure->raise();
  }
  void leave(int exit_status, const std::string& message) override {
    heartbeat_->leave(exit_status, message);
  }

 private:
  // Errors of c10d say which socket broke; what matters is which rank is gone, and why.
  template <typename Call>
  void guarded(Call call) {
    if (heartbeat_) check();
    std::string reason;
    try {
      call();
      return;
    } catch (const core::Error&) {
      throw;
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      reason = fmt::format("rank {} of {} lost its connection: {}", ranks_.rank, ranks_.size,
                           first_line(error.what()));
    }
    heartbeat_->explain(reason).raise();
  }

  core::Ranks ranks_;
  std::unique_ptr<JoinWatch> watch_;  // until all are connected
  RankStore store_;
  std::unique_ptr<C10dTransport> transport_;
  std::deque<Transfer> sends_;
  std::int64_t posts_ = 0;
  std::unique_ptr<Heartbeat> heartbeat_;  // ends first: it uses the store
};

}  // namespace

std::string broadcast_text(RankGroup& group, const std::string& text) {
  const torch::Tensor size =
      torch::full({1}, static_cast<std::int64_t>(group.first() ? text.size() : 0), torch::kInt64);
  group.broadcast(size, 0);
  torch::Tensor bytes = torch::empty({size.item<std::int64_t>()}, torch::kUInt8);
  if (group.first()) std::copy(text.begin(), text.end(), bytes.data_ptr<std::uint8_t>());
  if (bytes.numel() > 0) group.broadcast(bytes, 0);
  const std::uint8_t* const data = bytes.data_ptr<std::uint8_t>();
  return {data, data + bytes.numel()};
}

std::unique_ptr<RankGroup> join_ranks(const core::Ranks& ranks, const RankTimes& times) {
  return std::make_unique<JoinedRanks>(ranks, times);
}

std::string rank_device(const std::string& device, const core::Ranks& ranks) {
  if (ranks.alone() || (device != "auto" && device != "cuda")) return device;
  if (resolve_device(device) == "cpu") return "cpu";
  const auto count = static_cast<int>(torch::cuda::device_count());
  return fmt::format("cuda:{}", ranks.local_rank % count);
}

}  // namespace ersatz::compute
