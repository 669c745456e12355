// Stochastic gradient descent with Nesterov momentum (Sutskever et al. 2013) and L2 weight decay:
// the arithmetic of torch::optim::SGD.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "models/safetensors.h"

namespace ersatz::train {

struct SgdParameter {
  std::string name;
  torch::Tensor tensor;
  bool decay = true;  // whether weight decay applies
  bool bias = false;  // whether the other learning rate applies
};

class Sgd {
 public:
  // Error::usage for a weight decay below 0.
  Sgd(std::vector<SgdParameter> parameters, double weight_decay);

  // Applies the gradients and drops them. Parameters without a gradient are left alone.
  void step(double learning_rate, double bias_learning_rate, double momentum);

  // The velocities, named "<prefix>v/<parameter>", on the CPU. load_state checks names and shapes
  // (Error::untrusted naming `file`).
  models::NamedTensors state(const std::string& prefix) const;
  void load_state(const models::NamedTensors& tensors, const std::string& prefix,
                  const std::filesystem::path& file);

 private:
  std::vector<SgdParameter> parameters_;
  std::vector<torch::Tensor> velocities_;
  double weight_decay_;
};

}  // namespace ersatz::train
