// The gradient of a batch whose parts are computed one after the other, by one process or by
// several ranks (data parallelism between processes).
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "compute/ranks/ordered_sum.h"
#include "train/training_run.h"

namespace ersatz::train {

// The stream of random numbers (core/philox.h) of a part. The first one's is that of a batch which
// is not divided.
std::string part_stream(const std::string& stream, std::int64_t part);

class PartedUpdate {
 public:
  // `network` is on its device. parts_of(run) parts, of which this rank computes its share.
  PartedUpdate(const torch::nn::Module& network, const TrainingRun& run);

  std::int64_t parts() const { return parts_; }
  const compute::PartRange& own_parts() const { return own_; }  // of this rank
  // Of `count` samples: those of part `part`, and those of all parts of this rank.
  compute::PartRange samples(std::int64_t count, std::int64_t part) const;
  compute::PartRange own_samples(std::int64_t count) const;

  // Calls work(part) for each part of this rank. It adds the gradients of its share of the batch's
  // loss to those of the network and returns numbers of its own, float32 [k], the same k
  // everywhere. Afterwards the network has the gradients of the whole batch, and the sum of the
  // numbers is returned, both added up part by part in order on every rank: with equal parts they
  // do not depend on the number of ranks, bit for bit. Every part sees the buffers (moments of
  // batch normalisation) as they were; afterwards they are the mean over what the parts made of
  // them.
  //
  // With one part: simply work(0).
  torch::Tensor run(const std::function<torch::Tensor(std::int64_t part)>& work);

 private:
  std::vector<torch::Tensor> parameters_;          // that are trained
  std::vector<torch::Tensor> buffers_, counters_;  // of floating point, of whole numbers
  compute::RankGroup* ranks_;
  std::int64_t parts_;
  compute::PartRange own_;
};

}  // namespace ersatz::train
