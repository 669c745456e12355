// The parameters of a network as they are written to files.
#pragma once

#include <torch/nn/module.h>

#include "models/diffusion/save_stable_diffusion.h"
#include "models/safetensors.h"

namespace ersatz::models {

// On the CPU, all in options.type or, without one, in the type of the network's matrices.
// Error::usage naming a weight that is too large for it.
NamedTensors saved_parameters(const torch::nn::Module& module, const SaveOptions& options);

}  // namespace ersatz::models
