#include "models/diffusion/trainable.h"

#include <torch/autograd.h>
#include <torch/nn/module.h>
#include <torch/types.h>

namespace ersatz::models {

void set_trainable(torch::nn::Module& module, bool trainable) {
  for (torch::Tensor& parameter : module.parameters()) parameter.set_requires_grad(trainable);
}

}  // namespace ersatz::models
