#include "models/diffusion/trainable.h"

#include <torch/torch.h>

namespace ersatz::models {

void set_trainable(torch::nn::Module& module, bool trainable) {
  for (torch::Tensor& parameter : module.parameters()) parameter.set_requires_grad(trainable);
}

}  // namespace ersatz::models
