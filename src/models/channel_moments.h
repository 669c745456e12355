// Mean and variance of each channel over pictures that come batch by batch.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace ersatz::models {

class ChannelMoments {
 public:
  // x [B, C, H, W], the same C every time, on any device. Takes memory for one picture in float64
  // at a time.
  void add(const torch::Tensor& x);

  std::int64_t count() const { return count_; }  // numbers of each channel so far
  // float64 [C] on the pictures' device; undefined before anything was added. The variance is that
  // of the numbers themselves (divided by count()).
  const torch::Tensor& mean() const { return mean_; }
  torch::Tensor variance() const;

 private:
  std::int64_t count_ = 0;
  torch::Tensor mean_, squares_;  // sums of squared differences from the mean
};

}  // namespace ersatz::models
