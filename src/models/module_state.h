// The parameters and buffers of a module as named tensors.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "models/safetensors.h"

namespace ersatz::models {

// Detached copies on the CPU of all parameters and buffers, each name after `prefix`.
NamedTensors module_state(const torch::nn::Module& module, const std::string& prefix = {});

// Copies tensors into the module. Every parameter and buffer must be present (after `prefix`) with
// its exact shape, and no other name with that prefix may exist; otherwise Error::untrusted naming
// the tensor and `file`.
void load_module_state(torch::nn::Module& module, const NamedTensors& tensors,
                       const std::filesystem::path& file, const std::string& prefix = {});

// Moves the tensors whose names begin with `prefix` out of `tensors`.
NamedTensors take_prefixed(NamedTensors& tensors, const std::string& prefix);

// Error::untrusted unless `name` is among the tensors with these sizes. For files that say how
// large their network is: what is checked before it is made bounds the memory it takes.
void require_shape(const NamedTensors& tensors, const std::string& name,
                   const std::vector<std::int64_t>& sizes, const std::filesystem::path& file);

}  // namespace ersatz::models
