// Stable Diffusion with random weights: the full-size topology without the published weights, for
// measuring speed and memory, and small models for tests.
#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <string_view>

#include "models/diffusion/architecture.h"
#include "models/diffusion/stable_diffusion.h"

namespace ersatz::models {

// A model of the named architecture (models/diffusion/architecture.h) in float32 on the CPU,
// without a tokenizer (SaveOptions::byte_tokenizer writes one). Every weight depends only on
// (seed, network, its name).
StableDiffusion random_stable_diffusion(std::string_view architecture, std::uint64_t seed);

// Fills a network: matrices and kernels N(0, 1 / inputs), embeddings N(0, 0.7^2), norms 1,
// biases 0, so that activations keep a realistic size from layer to layer.
void randomise(torch::nn::Module& module, std::uint64_t seed, std::string_view stream);

}  // namespace ersatz::models
