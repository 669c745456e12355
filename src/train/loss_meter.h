// Mean of a loss over a logging interval, and the guard against NaN.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/json.h"

namespace ersatz::train {

// On the CPU every loss is checked when it is added. On CUDA, reading a value would stall the
// device at every step, so losses stay there until flush(); the error still names the right step.
class LossMeter {
 public:
  explicit LossMeter(std::string name) : name_(std::move(name)) {}

  // `loss` is a scalar, `step` counts from 1. Throws Error::numeric (exit 20) naming the step.
  void add(const torch::Tensor& loss, std::int64_t step);
  // Checks and counts what is still on the device. Call at least before saving a checkpoint.
  void flush();

  // Mean of what was counted since reset(); 0 when nothing was.
  double mean() const { return count_ == 0 ? 0.0 : sum_ / static_cast<double>(count_); }
  void reset();

  // For checkpoints: an interval may span an interruption.
  core::Json state() const;
  void load_state(const core::Json& state);

 private:
  void count(double value, std::int64_t step);

  std::string name_;
  double sum_ = 0;
  std::int64_t count_ = 0;
  std::vector<torch::Tensor> waiting_;
  std::vector<std::int64_t> waiting_steps_;
};

}  // namespace ersatz::train
