// Parts of a network under a common name.
#pragma once

#include <torch/nn/module.h>

namespace ersatz::models {

// Only holds modules, or plain tensors, under their names.
class ModuleGroup : public torch::nn::Module {};

}  // namespace ersatz::models
