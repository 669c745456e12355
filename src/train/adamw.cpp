#include "train/adamw.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <utility>
#include <vector>

namespace ersatz::train {

namespace {

AdamOptions without_decay(AdamOptions options) {
  options.weight_decay = 0;
  return options;
}

}  // namespace

AdamW::AdamW(std::vector<AdamParameter> parameters, const AdamOptions& options)
    : parameters_(parameters),
      weight_decay_(options.weight_decay),
      adam_(std::move(parameters), without_decay(options)) {}

void AdamW::step(double learning_rate) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> decayed;
  for (const AdamParameter& parameter : parameters_) {
    if (parameter.decay && parameter.tensor.grad().defined()) decayed.push_back(parameter.tensor);
  }
  if (!decayed.empty()) at::_foreach_mul_(decayed, 1.0 - learning_rate * weight_decay_);
  adam_.step(learning_rate);
}

}  // namespace ersatz::train
