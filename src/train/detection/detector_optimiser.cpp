#include "train/detection/detector_optimiser.h"

#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "compute/torch_shim.h"
#include "core/error.h"

namespace ersatz::train {

namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr std::int64_t kAutoSgdSteps = 10'000, kLeastWarmup = 100;

}  // namespace

DetectorRates detector_rates(const DetectorTraining& training, std::int64_t step,
                             std::int64_t steps_per_epoch) {
  const double done = static_cast<double>(step / steps_per_epoch) /
                      static_cast<double>(std::max<std::int64_t>(1, training.epochs));
  const double left = training.cosine ? (1 + std::cos(kPi * done)) / 2 : 1 - done;
  const double share = training.final_share + (1 - training.final_share) * left;
  DetectorRates rates;
  rates.rate = rates.bias_rate = training.learning_rate * share;
  rates.momentum = training.momentum;
  if (training.warmup_epochs <= 0) return rates;
  const auto warmup =
      std::max(static_cast<double>(kLeastWarmup),
               std::round(training.warmup_epochs * static_cast<double>(steps_per_epoch)));
  if (static_cast<double>(step) >= warmup) return rates;
  const double way = static_cast<double>(step) / warmup;
  rates.bias_rate = training.warmup_bias_rate + (rates.rate - training.warmup_bias_rate) * way;
  rates.momentum = training.warmup_momentum + (training.momentum - training.warmup_momentum) * way;
  rates.rate *= way;
  return rates;
}

DetectorTraining with_optimiser(DetectorTraining training, std::int64_t steps,
                                std::int64_t classes) {
  if (training.optimiser != DetectorOptimiser::kAuto) return training;
  if (steps > kAutoSgdSteps) {
    training.optimiser = DetectorOptimiser::kSgd;
    training.learning_rate = 0.01;
  } else {
    training.optimiser = DetectorOptimiser::kAdamW;
    training.learning_rate = std::round(0.002 * 5 / static_cast<double>(4 + classes) * 1e6) / 1e6;
    training.warmup_bias_rate = 0;
  }
  training.momentum = 0.9;
  return training;
}

torch::Tensor clip_gradients(const std::vector<torch::Tensor>& tensors, double factor,
                             double largest) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients, norms;
  for (const torch::Tensor& tensor : tensors) {
    const torch::Tensor gradient = tensor.grad();
    if (!gradient.defined()) continue;
    if (factor != 1) gradient.mul_(factor);
    gradients.push_back(gradient);
    norms.push_back(gradient.norm());
  }
  if (norms.empty()) return torch::zeros({});
  const torch::Tensor norm = torch::stack(norms).norm();
  if (largest > 0) {
    const torch::Tensor scale = (largest / (norm + 1e-6)).clamp_max(1.0);
    for (torch::Tensor& gradient : gradients) gradient.mul_(scale);
  }
  return norm;
}

DetectorUpdate::DetectorUpdate(const torch::nn::Module& network, const DetectorTraining& training) {
  std::vector<SgdParameter> sgd;
  std::vector<AdamParameter> adam;
  compute::for_each_parameter(network, [&](const std::string& name, const torch::Tensor& tensor) {
    if (!tensor.requires_grad()) return;
    const bool decay = tensor.dim() > 1;
    const bool bias = name.size() > 5 && name.compare(name.size() - 5, 5, ".bias") == 0;
    parameters_.push_back(tensor);
    sgd.push_back({name, tensor, decay, bias});
    adam.push_back({name, tensor, decay});
  });
  if (training.optimiser == DetectorOptimiser::kSgd) {
    sgd_ = std::make_unique<Sgd>(std::move(sgd), training.weight_decay);
    return;
  }
  if (training.optimiser != DetectorOptimiser::kAdamW) {
    throw core::Error::internal("an optimiser that is not decided");
  }
  AdamOptions options;
  options.beta1 = training.momentum;
  options.weight_decay = training.weight_decay;
  adamw_ = std::make_unique<AdamW>(std::move(adam), options);
}

void DetectorUpdate::step(const DetectorRates& rates) {
  if (sgd_) {
    sgd_->step(rates.rate, rates.bias_rate, rates.momentum);
  } else {
    adamw_->step(rates.rate);
  }
  ++updates_;
}

void DetectorUpdate::drop_gradients() {
  for (torch::Tensor& tensor : parameters_) tensor.mutable_grad() = torch::Tensor();
}

models::NamedTensors DetectorUpdate::state(const std::string& prefix) const {
  return sgd_ ? sgd_->state(prefix) : adamw_->state(prefix);
}

void DetectorUpdate::load_state(const models::NamedTensors& tensors, const std::string& prefix,
                                std::int64_t updates, const std::filesystem::path& file) {
  updates_ = updates;
  if (sgd_) {
    sgd_->load_state(tensors, prefix, file);
  } else {
    adamw_->load_state(tensors, prefix, updates, file);
  }
}

}  // namespace ersatz::train
