// Small networks with random weights, and the numbers that diffusers and transformers compute with
// them (shared/fixtures/components; a part of them in tests/fixtures/diffusion_networks).
#pragma once

#include <torch/nn/module.h>

#include <filesystem>
#include <memory>
#include <string>

#include "models/diffusion/autoencoder.h"
#include "models/diffusion/clip_text.h"
#include "models/diffusion/unet.h"
#include "models/safetensors.h"

namespace ersatz::models {

// Networks of a folder in diffusers' layout.
std::shared_ptr<UNet> load_unet(const std::filesystem::path& model);
std::shared_ptr<ClipText> load_clip_text(const std::filesystem::path& model);
std::shared_ptr<Autoencoder> load_autoencoder(const std::filesystem::path& model);

// The recipe by which the fixtures' weights were made: parameters in the order of their names, from
// one generator. Parameters that `calibrated` holds as "<prefix><name>" are copied from there.
void fill_by_recipe(torch::nn::Module& module, std::uint64_t seed, const NamedTensors& calibrated,
                    const std::string& prefix);

// Largest absolute difference; infinite for NaN and for different shapes.
double largest_difference(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace ersatz::models
