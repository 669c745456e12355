// Adam (Kingma & Ba 2015, algorithm 1) with L2 weight decay and per-tensor or global gradient
// clipping: the arithmetic of torch::optim::Adam, in one pass over memory on the CPU.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "models/safetensors.h"

namespace ersatz::train {

enum class ClipMode {
  kNone,
  kPerTensor,   // each gradient is scaled down to the largest norm (TensorFlow-slim)
  kGlobalNorm,  // all gradients by one factor, from the norm of all of them together
};

struct AdamOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;  // L2: added to the gradient, as torch::optim::Adam does
  ClipMode clip = ClipMode::kNone;
  double clip_norm = 0;
};

struct AdamParameter {
  std::string name;
  torch::Tensor tensor;  // float32, dense
  bool decay = true;     // whether weight decay applies
};

class Adam {
 public:
  Adam(std::vector<AdamParameter> parameters, const AdamOptions& options);

  // Applies the gradients and then drops them, so that the next backward pass can hand over its
  // buffers instead of adding to ours. Parameters without a gradient are left alone. Never waits
  // for a CUDA device.
  void step(double learning_rate) { step(learning_rate, options_.beta1); }
  // With another beta1 for this step and its bias correction, as PyTorch does when a schedule
  // cycles it.
  void step(double learning_rate, double beta1);
  void drop_gradients();

  // The moments, named "<prefix>m/<parameter>" and "<prefix>v/<parameter>", on the CPU; and the
  // number of updates done. load_state checks names and shapes (Error::untrusted naming `file`).
  models::NamedTensors state(const std::string& prefix) const;
  void load_state(const models::NamedTensors& tensors, const std::string& prefix,
                  std::int64_t updates, const std::filesystem::path& file);
  std::int64_t updates() const { return updates_; }

 private:
  void step_cpu(double learning_rate, double beta1);
  void step_generic(double learning_rate, double beta1);

  std::vector<AdamParameter> parameters_;
  AdamOptions options_;
  std::vector<torch::Tensor> first_moments_, second_moments_;
  std::int64_t updates_ = 0;
};

}  // namespace ersatz::train
