#include "train/ema.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "compute/torch_shim.h"
#include "core/error.h"

namespace ersatz::train {

namespace {

// Averages move by 1e-4 of a difference per update, which narrower types would round away.
c10::ScalarType averaged_type(const torch::Tensor& parameter) {
  return parameter.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
}

void check(const EmaOptions& options) {
  const auto fraction = [](double x) { return x >= 0 && x <= 1; };
  if (!fraction(options.decay) || !fraction(options.least_decay)) {
    throw core::Error::usage(
        fmt::format("the decay of a moving average must lie in [0, 1], not {}",
                    fraction(options.decay) ? options.least_decay : options.decay));
  }
  if (options.power_warmup && !(options.inverse_gamma > 0 && options.power > 0)) {
    throw core::Error::usage("inverse_gamma and power of a moving average must be positive");
  }
}

}  // namespace

double ema_decay(const EmaOptions& options, std::int64_t update) {
  const std::int64_t since = update - options.update_after_step - 1;
  if (since <= 0) return 0;
  const auto s = static_cast<double>(since);
  const double growing = options.power_warmup
                             ? 1.0 - std::pow(1.0 + s / options.inverse_gamma, -options.power)
                             : (1.0 + s) / (10.0 + s);
  return std::max(std::min(growing, options.decay), options.least_decay);
}

Ema::Ema(models::NamedTensors parameters, const EmaOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  check(options);
  for (const auto& [name, parameter] : parameters_) {
    averages_.emplace(name, parameter.detach().to(averaged_type(parameter), false, true));
  }
}

void Ema::update() {
  const torch::NoGradGuard no_grad;
  ++updates_;
  const double share = 1.0 - ema_decay(options_, updates_);
  if (update_together(share)) return;
  auto parameter = parameters_.begin();
  for (auto& [name, average] : averages_) {
    average.lerp_(parameter->second.detach().to(average.scalar_type()), share);
    ++parameter;
  }
}

// On an accelerator two launches for all tensors, instead of one for each.
bool Ema::update_together(double share) {
  std::vector<torch::Tensor> averages, parameters;
  auto parameter = parameters_.begin();
  for (const auto& [name, average] : averages_) {
    const torch::Tensor& tensor = (parameter++)->second;
    if (tensor.is_cpu() || tensor.scalar_type() != average.scalar_type()) return false;
    averages.push_back(average);
    parameters.push_back(tensor.detach());
  }
  if (averages.empty()) return false;
  at::_foreach_mul_(averages, 1.0 - share);
  at::_foreach_add_(averages, parameters, share);
  return true;
}

models::NamedTensors Ema::state(const std::string& prefix) const {
  models::NamedTensors result;
  for (const auto& [name, average] : averages_) {
    result.emplace(prefix + name, average.to(torch::kCPU, false, true));
  }
  return result;
}

void Ema::load_state(const models::NamedTensors& tensors, const std::string& prefix,
                     std::int64_t updates, const std::filesystem::path& file) {
  for (auto& [name, average] : averages_) {
    const auto found = tensors.find(prefix + name);
    if (found == tensors.end() || found->second.sizes() != average.sizes() ||
        found->second.scalar_type() != average.scalar_type()) {
      throw core::Error::untrusted(
          file, fmt::format("averaged weight '{}' is missing or has another shape", prefix + name));
    }
    average.copy_(found->second);
  }
  updates_ = updates;
}

models::NamedTensors live_parameters(const torch::nn::Module& module) {
  models::NamedTensors result;
  compute::for_each_parameter(module, [&](const std::string& name, const torch::Tensor& tensor) {
    result.emplace(name, tensor);
  });
  return result;
}

AveragedWeights::AveragedWeights(Ema& ema) : ema_(ema) {
  const torch::NoGradGuard no_grad;
  for (auto& [name, parameter] : ema_.parameters_) {
    own_.emplace(name, parameter.detach().clone());
    parameter.copy_(ema_.averages_.at(name));
  }
}

AveragedWeights::~AveragedWeights() {
  const torch::NoGradGuard no_grad;
  for (auto& [name, parameter] : ema_.parameters_) parameter.copy_(own_.at(name));
}

}  // namespace ersatz::train
