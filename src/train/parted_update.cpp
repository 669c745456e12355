#include "train/parted_update.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <utility>

#include "compute/torch_shim.h"

namespace ersatz::train {
namespace {

std::vector<torch::Tensor> copies_of(const std::vector<torch::Tensor>& tensors) {
  std::vector<torch::Tensor> copies;
  for (const torch::Tensor& tensor : tensors) copies.push_back(tensor.clone());
  return copies;
}

}  // namespace

std::string part_stream(const std::string& stream, std::int64_t part) {
  return part == 0 ? stream : fmt::format("{}/part-{}", stream, part);
}

PartedUpdate::PartedUpdate(const torch::nn::Module& network, const TrainingRun& run)
    : ranks_(run.ranks), parts_(parts_of(run)) {
  own_ = ranks_ == nullptr ? compute::PartRange{0, parts_}
                           : compute::part_range(parts_, ranks_->rank(), ranks_->size());
  compute::for_each_parameter(network, [&](const std::string&, const torch::Tensor& tensor) {
    if (tensor.requires_grad()) parameters_.push_back(tensor);
  });
  compute::for_each_buffer(network, [&](const std::string&, const torch::Tensor& tensor) {
    (tensor.is_floating_point() ? buffers_ : counters_).push_back(tensor);
  });
}

compute::PartRange PartedUpdate::samples(std::int64_t count, std::int64_t part) const {
  return compute::part_range(count, part, parts_);
}

compute::PartRange PartedUpdate::own_samples(std::int64_t count) const {
  const std::int64_t first = samples(count, own_.first).first;
  return {first, samples(count, own_.end() - 1).end() - first};
}

torch::Tensor PartedUpdate::run(const std::function<torch::Tensor(std::int64_t)>& work) {
  if (parts_ == 1) return work(0);
  const std::vector<torch::Tensor> before = copies_of(buffers_), counted = copies_of(counters_);
  // Of every part: gradients, buffers, numbers.
  std::vector<std::vector<torch::Tensor>> all;
  for (std::int64_t part = own_.first; part < own_.end(); ++part) {
    std::vector<torch::Tensor>& own = all.emplace_back();
    const torch::Tensor numbers = work(part);
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& parameter : parameters_) {
      torch::Tensor& gradient = parameter.mutable_grad();
      own.push_back(gradient.defined() ? gradient : torch::zeros_like(parameter));
      gradient = torch::Tensor();
    }
    for (std::size_t i = 0; i < buffers_.size(); ++i) {
      own.push_back(buffers_[i].clone());
      buffers_[i].copy_(before[i]);
    }
    for (std::size_t i = 0; i < counters_.size(); ++i) {
      own.push_back(counters_[i].ne(counted[i]).to(torch::kFloat32));
      counters_[i].copy_(counted[i]);
    }
    own.push_back(numbers.detach().to(torch::kFloat32).clone());
  }
  compute::ordered_sum(ranks_, all);
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor>& sums = all.front();
  for (std::size_t i = 0; i < parameters_.size(); ++i) parameters_[i].mutable_grad() = sums[i];
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    buffers_[i].copy_(sums[parameters_.size() + i].div_(static_cast<double>(parts_)));
  }
  // They count batches, not parts.
  for (std::size_t i = 0; i < counters_.size(); ++i) {
    counters_[i].add_(sums[parameters_.size() + buffers_.size() + i].gt(0));
  }
  return sums.back();
}

}  // namespace ersatz::train
