#include "models/diffusion/saved_parameters.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>

#include "compute/torch_shim.h"
#include "core/error.h"
#include "models/diffusion/finite.h"

namespace ersatz::models {

namespace {

c10::ScalarType kept_type(const torch::nn::Module& module) {
  for (const torch::Tensor& parameter : module.parameters()) {
    if (parameter.dim() > 1) return parameter.scalar_type();
  }
  return torch::kFloat32;
}

}  // namespace

NamedTensors saved_parameters(const StoredNetwork& module, const SaveOptions& options) {
  module.bring_in();
  const c10::ScalarType common = options.type.value_or(kept_type(module));
  NamedTensors result;
  compute::for_each_parameter(module, [&](const std::string& name, const torch::Tensor& tensor) {
    const c10::ScalarType type = options.own_types && !options.type ? tensor.scalar_type() : common;
    const torch::Tensor converted = tensor.detach().to(torch::kCPU, type);
    if (converted.element_size() < tensor.element_size() && !all_finite(converted)) {
      throw core::Error::usage(
          fmt::format("weight '{}' is too large for {}", name, c10::toString(type)));
    }
    result.emplace(name, converted);
  });
  return result;
}

}  // namespace ersatz::models
