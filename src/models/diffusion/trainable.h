// Networks are loaded for inference: their parameters take no gradients until asked to.
#pragma once

#include <torch/nn/module.h>

namespace ersatz::models {

// Switches gradients of all parameters below `module` on or off.
void set_trainable(torch::nn::Module& module, bool trainable);

}  // namespace ersatz::models
