// Gradients of the parts of a batch, computed side by side on CPU cores by copies of the networks
// that share their weights (data parallelism inside one process).
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "compute/ranks/rank_group.h"
#include "compute/thread_team.h"

namespace ersatz::train {

// Makes the parameters of `copy`, a network of the same architecture, share the memory of those of
// `original`; gradients stay their own. Updates of the original in place are seen by both.
void share_parameters(const torch::nn::Module& original, torch::nn::Module& copy);

class GradientTeam {
 public:
  // parameters[r]: those of copy r, in equal order; parameters[0] are what the optimiser updates.
  // `ranks`: others have copies, too, which follow those of the ranks before; null: nobody.
  // `one_thread`: a single copy computes on one thread as well, as each of several does.
  explicit GradientTeam(std::vector<std::vector<torch::Tensor>> parameters,
                        compute::RankGroup* ranks = nullptr, bool one_thread = false);
  ~GradientTeam();

  std::int64_t size() const { return static_cast<std::int64_t>(parameters_.size()); }

  // Calls work(r) for every copy: with one copy in the calling thread, with several each on a
  // thread of its own (compute::ThreadTeam). Afterwards the gradients of all copies are added to
  // those of copy 0, in order, so that the sum does not depend on who was first; with ranks, the
  // copies of all of them, in their order, on every rank (parameters that got no gradient count as
  // zeros there).
  void run(const std::function<void(std::int64_t copy)>& work);

  // The sum of a number of every copy, in the same order: scalars, one per copy.
  torch::Tensor sum(const std::vector<torch::Tensor>& of_copies);

 private:
  void add_copies();
  void add_ranks();

  std::vector<std::vector<torch::Tensor>> parameters_;
  compute::RankGroup* ranks_;
  std::unique_ptr<compute::ThreadTeam> threads_;  // none for a copy that has all threads
  int blas_threads_ = 0;                          // before this object changed them; 0: it did not
};

}  // namespace ersatz::train
