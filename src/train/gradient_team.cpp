#include "train/gradient_team.h"

#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <utility>

#include "compute/parallel.h"
#include "core/error.h"

namespace ersatz::train {

void share_parameters(const torch::nn::Module& original, torch::nn::Module& copy) {
  const std::vector<torch::Tensor> from = original.parameters();
  std::vector<torch::Tensor> to = copy.parameters();
  if (from.size() != to.size()) {
    throw core::Error::internal("networks of different architectures cannot share parameters");
  }
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i].sizes() != to[i].sizes()) {
      throw core::Error::internal("networks of different sizes cannot share parameters");
    }
    to[i].set_data(from[i].detach());
  }
}

std::int64_t parts_side_by_side(std::int64_t wanted, const c10::Device& device,
                                std::int64_t batch_size) {
  if (!device.is_cpu()) return 1;
  const std::int64_t parts = wanted > 0 ? wanted : at::get_num_threads();
  return std::max<std::int64_t>(1, std::min(parts, batch_size));
}

GradientTeam::GradientTeam(std::vector<std::vector<torch::Tensor>> parameters)
    : parameters_(std::move(parameters)) {
  if (parameters_.empty()) throw core::Error::internal("a gradient team without networks");
  for (const std::vector<torch::Tensor>& copy : parameters_) {
    if (copy.size() != parameters_.front().size()) {
      throw core::Error::internal("the networks of a gradient team differ");
    }
  }
  if (size() > 1) threads_ = std::make_unique<compute::ThreadTeam>(size());
}

void GradientTeam::run(const std::function<void(std::int64_t)>& work) {
  if (!threads_) {
    work(0);
    return;
  }
  threads_->run(work);
  const torch::NoGradGuard no_grad;
  // One parameter after the other: the threads of the team divide them.
  const auto count = static_cast<std::int64_t>(parameters_.front().size());
  threads_->run([&](std::int64_t thread) {
    for (std::int64_t i = thread; i < count; i += size()) {
      const auto at = static_cast<std::size_t>(i);
      torch::Tensor& total = parameters_.front()[at].mutable_grad();
      for (std::size_t copy = 1; copy < parameters_.size(); ++copy) {
        torch::Tensor& own = parameters_[copy][at].mutable_grad();
        if (!own.defined()) continue;
        total = total.defined() ? total.add_(own) : own;
        own = torch::Tensor();
      }
    }
  });
}

}  // namespace ersatz::train
