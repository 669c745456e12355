// Networks are loaded for inference: their parameters take no gradients until asked to.
#pragma once

#include <torch/nn/module.h>

#include "models/diffusion/stored_network.h"

namespace ersatz::models {

// Switches gradients of all parameters below `module` on or off.
void set_trainable(torch::nn::Module& module, bool trainable);

// Gives every parameter memory of its own, float32, kernels of convolutions channels-last: weights
// that are views of a file, or kept in half precision, cannot be trained. Values stay.
void own_float_weights(StoredNetwork& network);

}  // namespace ersatz::models
