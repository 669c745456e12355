#include "compute/ranks/c10d_transport.h"

#include <fmt/format.h>
#include <torch/cuda.h>
#include <torch/types.h>

#include <chrono>
#include <cstdlib>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "compute/ranks/own_address.h"
#include "core/error.h"
#include "core/rank_lost.h"

#ifdef ERSATZ_WITH_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif
#ifdef ERSATZ_WITH_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

namespace ersatz::compute {
namespace {

// Lost ranks are noticed by their missing signs of life: a transfer may wait for a rank that is
// busy with something else.
constexpr std::chrono::hours kPatience{24 * 30};
constexpr int kTag = 1;

}  // namespace

RankStore connect_store(const core::Ranks& ranks, bool serve, int seconds) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(ranks.port);
  options.isServer = serve;
  options.waitWorkers = false;
  options.timeout = std::chrono::seconds(seconds);
  auto store = c10::make_intrusive<c10d::TCPStore>(ranks.host, options);
  // torchrun's store outlives a group that has failed.
  return c10::make_intrusive<c10d::PrefixStore>(fmt::format("ersatz/{}", ranks.attempt), store);
}

#ifdef ERSATZ_WITH_GLOO

struct C10dTransport::Groups {
  c10::intrusive_ptr<c10d::ProcessGroupGloo> cpu;
#ifdef ERSATZ_WITH_NCCL
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> cuda;
#endif
};

namespace {

c10::intrusive_ptr<c10d::ProcessGroupGloo> make_gloo(const core::Ranks& ranks,
                                                     const RankStore& store) {
  auto options = c10d::ProcessGroupGloo::Options::create();
  options->timeout = kPatience;
  // As PyTorch: a variable that names an interface has precedence.
  const char* const interface = std::getenv("GLOO_SOCKET_IFNAME");
  options->devices.push_back(interface != nullptr
                                 ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                                 : c10d::ProcessGroupGloo::createDeviceForHostname(
                                       own_address_towards(ranks.host, ranks.port)));
  return c10::make_intrusive<c10d::ProcessGroupGloo>(
      c10::make_intrusive<c10d::PrefixStore>("gloo", store), ranks.rank, ranks.size, options);
}

// Started work of a group; keeps the tensors until it is done.
template <typename Work>
Transfer waiting(Work work, std::vector<torch::Tensor> tensors) {
  return [work, tensors = std::move(tensors)] { work->wait(); };
}

// Without a group for its device a tensor travels through the host's memory.
Transfer then_copy(Transfer transfer, torch::Tensor to, torch::Tensor from) {
  return [transfer = std::move(transfer), to, from]() mutable {
    transfer();
    to.copy_(from);
  };
}

}  // namespace

C10dTransport::C10dTransport(const core::Ranks& ranks, const RankStore& store)
    : groups_(std::make_unique<Groups>()) {
  groups_->cpu = make_gloo(ranks, store);
#ifdef ERSATZ_WITH_NCCL
  const auto devices =
      static_cast<int>(torch::cuda::is_available() ? torch::cuda::device_count() : 0);
  // NCCL refuses two ranks on one GPU; all ranks must decide alike.
  std::vector<torch::Tensor> fits = {
      torch::full({1}, ranks.local_size <= devices ? 1 : 0, torch::kInt64)};
  c10d::AllreduceOptions all;
  all.reduceOp = c10d::ReduceOp::MIN;
  groups_->cpu->allreduce(fits, all)->wait();
  if (fits.front().item<std::int64_t>() == 1) {
    groups_->cuda = c10::make_intrusive<c10d::ProcessGroupNCCL>(
        c10::make_intrusive<c10d::PrefixStore>("nccl", store), ranks.rank, ranks.size);
  }
#endif
}

C10dTransport::~C10dTransport() = default;

Transfer C10dTransport::send(const torch::Tensor& tensor, int to) {
#ifdef ERSATZ_WITH_NCCL
  if (tensor.is_cuda() && groups_->cuda) {
    std::vector<torch::Tensor> tensors = {tensor};
    return waiting(groups_->cuda->send(tensors, to, kTag), tensors);
  }
#endif
  std::vector<torch::Tensor> tensors = {tensor.to(torch::kCPU)};
  return waiting(groups_->cpu->send(tensors, to, kTag), tensors);
}

Transfer C10dTransport::receive(const torch::Tensor& tensor, int from) {
#ifdef ERSATZ_WITH_NCCL
  if (tensor.is_cuda() && groups_->cuda) {
    std::vector<torch::Tensor> tensors = {tensor};
    return waiting(groups_->cuda->recv(tensors, from, kTag), tensors);
  }
#endif
  std::vector<torch::Tensor> tensors = {
      tensor.is_cpu() ? tensor : torch::empty(tensor.sizes(), tensor.scalar_type())};
  Transfer transfer = waiting(groups_->cpu->recv(tensors, from, kTag), tensors);
  return tensor.is_cpu() ? transfer : then_copy(transfer, tensor, tensors.front());
}

Transfer C10dTransport::broadcast(const torch::Tensor& tensor, int from) {
  c10d::BroadcastOptions options;
  options.rootRank = from;
#ifdef ERSATZ_WITH_NCCL
  if (tensor.is_cuda() && groups_->cuda) {
    std::vector<torch::Tensor> tensors = {tensor};
    return waiting(groups_->cuda->broadcast(tensors, options), tensors);
  }
#endif
  std::vector<torch::Tensor> tensors = {tensor.to(torch::kCPU)};
  Transfer transfer = waiting(groups_->cpu->broadcast(tensors, options), tensors);
  return tensor.is_cpu() ? transfer : then_copy(transfer, tensor, tensors.front());
}

Transfer C10dTransport::largest(const torch::Tensor& values) {
  c10d::AllreduceOptions options;
  options.reduceOp = c10d::ReduceOp::MAX;
  std::vector<torch::Tensor> tensors = {values};
  return waiting(groups_->cpu->allreduce(tensors, options), tensors);
}

#else

struct C10dTransport::Groups {};

C10dTransport::C10dTransport(const core::Ranks& /*ranks*/, const RankStore& /*store*/) {
  throw core::Error::missing("this build cannot run as several ranks: Gloo's headers were missing",
                             "Debian's package libgloo-dev has them; configure and build again");
}
C10dTransport::~C10dTransport() = default;
Transfer C10dTransport::send(const torch::Tensor& /*tensor*/, int /*to*/) { return {}; }
Transfer C10dTransport::receive(const torch::Tensor& /*tensor*/, int /*from*/) { return {}; }
Transfer C10dTransport::broadcast(const torch::Tensor& /*tensor*/, int /*from*/) { return {}; }
Transfer C10dTransport::largest(const torch::Tensor& /*values*/) { return {}; }

#endif

}  // namespace ersatz::compute
