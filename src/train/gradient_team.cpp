#include "train/gradient_team.h"

#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <utility>

#include "compute/ranks/ordered_sum.h"
#include "core/blas.h"
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

GradientTeam::GradientTeam(std::vector<std::vector<torch::Tensor>> parameters,
                           compute::RankGroup* ranks, bool one_thread)
    : parameters_(std::move(parameters)), ranks_(ranks) {
  if (parameters_.empty()) throw core::Error::internal("a gradient team without networks");
  for (const std::vector<torch::Tensor>& copy : parameters_) {
    if (copy.size() != parameters_.front().size()) {
      throw core::Error::internal("the networks of a gradient team differ");
    }
  }
  if (size() == 1 && one_thread) blas_threads_ = core::set_blas_threads(1);
  if (size() > 1 || one_thread) threads_ = std::make_unique<compute::ThreadTeam>(size());
}

GradientTeam::~GradientTeam() {
  if (blas_threads_ > 0) core::set_blas_threads(blas_threads_);
}

void GradientTeam::run(const std::function<void(std::int64_t)>& work) {
  if (threads_) {
    threads_->run(work);
  } else {
    work(0);
  }
  const torch::NoGradGuard no_grad;
  if (ranks_ != nullptr) {
    add_ranks();
  } else if (size() > 1) {
    add_copies();
  }
}

void GradientTeam::add_copies() {
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

void GradientTeam::add_ranks() {
  std::vector<std::vector<torch::Tensor>> gradients;
  for (std::vector<torch::Tensor>& copy : parameters_) {
    std::vector<torch::Tensor>& own = gradients.emplace_back();
    for (torch::Tensor& parameter : copy) {
      if (!parameter.requires_grad()) continue;
      torch::Tensor& gradient = parameter.mutable_grad();
      if (!gradient.defined()) gradient = torch::zeros_like(parameter);
      own.push_back(gradient);
    }
  }
  compute::ordered_sum(ranks_, gradients);
  for (std::size_t copy = 1; copy < parameters_.size(); ++copy) {
    for (torch::Tensor& parameter : parameters_[copy]) parameter.mutable_grad() = torch::Tensor();
  }
}

torch::Tensor GradientTeam::sum(const std::vector<torch::Tensor>& of_copies) {
  std::vector<std::vector<torch::Tensor>> parts;
  for (const torch::Tensor& one : of_copies) parts.push_back({one.detach().clone()});
  compute::ordered_sum(ranks_, parts);
  return parts.front().front();
}

}  // namespace ersatz::train
