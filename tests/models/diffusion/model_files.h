// Model folders for the tests of loading: made from random weights, changed in one place.
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <functional>
#include <string>

#include "core/json.h"
#include "models/diffusion/stable_diffusion.h"
#include "models/safetensors.h"

namespace ersatz::test {

// Weight files of a saved model, relative to its folder.
inline constexpr const char* kUNetFile = "unet/diffusion_pytorch_model.safetensors";
inline constexpr const char* kVaeFile = "vae/diffusion_pytorch_model.safetensors";
inline constexpr const char* kTextFile = "text_encoder/model.safetensors";

// Saves a random model of the architecture, with the byte-level tokenizer.
void write_random_model(const std::filesystem::path& folder, const std::string& architecture,
                        std::uint64_t seed = 1);

// Rewrites a weight file or a JSON file with something changed.
void edit_weights(const std::filesystem::path& file,
                  const std::function<void(models::NamedTensors&)>& change);
void edit_json(const std::filesystem::path& file, const std::function<void(core::Json&)>& change);

void rename_key(models::NamedTensors& tensors, const std::string& from, const std::string& to);

// Whether all parameters have the same names, types and values.
void expect_same_parameters(const torch::nn::Module& left, const torch::nn::Module& right);
void expect_same_networks(const models::StableDiffusion& left,
                          const models::StableDiffusion& right);

// max |a - b| in float64.
double max_difference(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace ersatz::test
