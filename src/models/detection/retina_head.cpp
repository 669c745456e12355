#include "models/detection/retina_head.h"

#include <torch/types.h>

#include <utility>

#include "compute/fused_layers.h"

namespace ersatz::models {

namespace {

constexpr std::int64_t kGroups = 32;
constexpr double kEpsilon = 1e-5;

// A module of its own name, or the parameters "weight" and "bias" of a group normalisation.
class Part : public torch::nn::Module {
 public:
  torch::Tensor parameter(const char* name, double value) {
    return register_parameter(name, torch::full({kRetinaWidth}, value));
  }
};

}  // namespace

RetinaHead::RetinaHead(const std::string& last, std::int64_t outputs, bool normalised)
    : is_normalised_(normalised) {
  const auto list = register_module("conv", std::make_shared<Part>());
  for (std::size_t i = 0; i < plain_.size(); ++i) {
    if (!normalised) {
      plain_[i] = list->register_module(
          std::to_string(2 * i), std::make_shared<BiasedConv>(kRetinaWidth, kRetinaWidth, 3));
      continue;
    }
    const auto layer = list->register_module(std::to_string(i), std::make_shared<Part>());
    normalised_[i].conv = layer->register_module(
        "0", std::make_shared<ConvLayer>(torch::empty({kRetinaWidth, kRetinaWidth, 3, 3}), 1, 1));
    const auto norm = layer->register_module("1", std::make_shared<Part>());
    normalised_[i].weight = norm->parameter("weight", 1);
    normalised_[i].bias = norm->parameter("bias", 0);
  }
  last_ = register_module(last, std::make_shared<BiasedConv>(kRetinaWidth, outputs, 3));
}

torch::Tensor RetinaHead::forward(torch::Tensor x) const {
  for (std::size_t i = 0; i < plain_.size(); ++i) {
    if (is_normalised_) {
      const Normalised& layer = normalised_[i];
      x = compute::group_norm(layer.conv->forward(x), kGroups, layer.weight, layer.bias, kEpsilon);
    } else {
      x = plain_[i]->forward(x);
    }
    x = torch::relu(x);
  }
  return last_->forward(x);
}

}  // namespace ersatz::models
