// AdamW (Loshchilov & Hutter 2019, algorithm 2): Adam with weight decay beside the gradient, not in
// it; the arithmetic of torch::optim::AdamW.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "train/adam.h"

namespace ersatz::train {

class AdamW {
 public:
  // options.weight_decay is the decoupled decay; everything else is Adam's.
  AdamW(std::vector<AdamParameter> parameters, const AdamOptions& options);

  // Shrinks the parameters that have a gradient by 1 - learning_rate * weight_decay, then does the
  // step of Adam, which drops the gradients.
  void step(double learning_rate);

  // As Adam's.
  models::NamedTensors state(const std::string& prefix) const { return adam_.state(prefix); }
  void load_state(const models::NamedTensors& tensors, const std::string& prefix,
                  std::int64_t updates, const std::filesystem::path& file) {
    adam_.load_state(tensors, prefix, updates, file);
  }
  std::int64_t updates() const { return adam_.updates(); }

 private:
  std::vector<AdamParameter> parameters_;
  double weight_decay_;
  Adam adam_;
};

}  // namespace ersatz::train
