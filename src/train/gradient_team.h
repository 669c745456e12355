// Gradients of the parts of a batch, computed side by side on CPU cores by copies of the networks
// that share their weights (data parallelism inside one process).
#pragma once

#include <c10/core/Device.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "compute/thread_team.h"

namespace ersatz::train {

// Makes the parameters of `copy`, a network of the same architecture, share the memory of those of
// `original`; gradients stay their own. Updates of the original in place are seen by both.
void share_parameters(const torch::nn::Module& original, torch::nn::Module& copy);

// How many parts of a batch are computed side by side: `wanted` or, for 0, as many as libtorch has
// threads, but no more than the batch has samples; one on an accelerator.
std::int64_t parts_side_by_side(std::int64_t wanted, const c10::Device& device,
                                std::int64_t batch_size);

class GradientTeam {
 public:
  // parameters[r]: those of copy r, in equal order; parameters[0] are what the optimiser updates.
  explicit GradientTeam(std::vector<std::vector<torch::Tensor>> parameters);

  std::int64_t size() const { return static_cast<std::int64_t>(parameters_.size()); }

  // Calls work(r) for every copy: with one copy in the calling thread, with several each on a
  // thread of its own (compute::ThreadTeam). Afterwards the gradients of all copies are added to
  // those of copy 0, in order, so that the sum does not depend on who was first.
  void run(const std::function<void(std::int64_t copy)>& work);

 private:
  std::vector<std::vector<torch::Tensor>> parameters_;
  std::unique_ptr<compute::ThreadTeam> threads_;  // none for a single copy
};

}  // namespace ersatz::train
