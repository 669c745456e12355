// A network whose weights are to stay while gradients flow through it.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <string>

#include "compute/torch_shim.h"

namespace ersatz::train {

// Freezes a network while in scope: no gradients are computed for its weights.
class Frozen {
 public:
  explicit Frozen(torch::nn::Module& module) : module_(module) { set(false); }
  ~Frozen() { set(true); }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

 private:
  void set(bool trained) {
    compute::for_each_parameter(module_, [trained](const std::string&, torch::Tensor parameter) {
      parameter.set_requires_grad(trained);
    });
  }

  torch::nn::Module& module_;
};

}  // namespace ersatz::train
