#include "models/diffusion/trainable.h"

#include <torch/autograd.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

namespace ersatz::models {

void set_trainable(torch::nn::Module& module, bool trainable) {
  for (torch::Tensor& parameter : module.parameters()) parameter.set_requires_grad(trainable);
}

void own_float_weights(StoredNetwork& network) {
  const torch::NoGradGuard no_grad;
  network.bring_in();
  for (torch::Tensor& parameter : network.parameters()) {
    const bool kernel = parameter.dim() == 4 && parameter.size(2) * parameter.size(3) > 1;
    const auto order = kernel ? torch::MemoryFormat::ChannelsLast : torch::MemoryFormat::Contiguous;
    const torch::Tensor own = torch::empty(
        parameter.sizes(), parameter.options().dtype(torch::kFloat32).memory_format(order));
    own.copy_(parameter);
    parameter.set_data(own);
  }
}

}  // namespace ersatz::models
