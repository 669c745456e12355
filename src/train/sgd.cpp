#include "train/sgd.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <utility>

#include "core/error.h"

namespace ersatz::train {

Sgd::Sgd(std::vector<SgdParameter> parameters, double weight_decay)
    : parameters_(std::move(parameters)), weight_decay_(weight_decay) {
  if (!(weight_decay >= 0)) throw core::Error::usage("the weight decay must not be negative");
  for (const SgdParameter& parameter : parameters_) {
    velocities_.push_back(torch::zeros_like(parameter.tensor).detach());
  }
}

void Sgd::step(double learning_rate, double bias_learning_rate, double momentum) {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    torch::Tensor parameter = parameters_[i].tensor;
    torch::Tensor gradient = parameter.grad();
    if (!gradient.defined()) continue;
    if (parameters_[i].decay && weight_decay_ != 0) {
      gradient = gradient.add(parameter, weight_decay_);
    }
    // The first velocity is the gradient itself, as the velocities begin with 0.
    velocities_[i].mul_(momentum).add_(gradient);
    gradient = gradient.add(velocities_[i], momentum);
    parameter.add_(gradient, -(parameters_[i].bias ? bias_learning_rate : learning_rate));
    parameter.mutable_grad() = torch::Tensor();
  }
}

models::NamedTensors Sgd::state(const std::string& prefix) const {
  models::NamedTensors state;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    state.emplace(prefix + "v/" + parameters_[i].name,
                  velocities_[i].to(torch::kCPU, false, /*copy=*/true));
  }
  return state;
}

void Sgd::load_state(const models::NamedTensors& tensors, const std::string& prefix,
                     const std::filesystem::path& file) {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const std::string name = prefix + "v/" + parameters_[i].name;
    const auto found = tensors.find(name);
    if (found == tensors.end() || found->second.sizes() != velocities_[i].sizes()) {
      throw core::Error::untrusted(
          file, fmt::format("the velocity '{}' is missing or has another shape", name));
    }
    velocities_[i].copy_(found->second);
  }
}

}  // namespace ersatz::train
