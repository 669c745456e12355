// Names of parameters in weight files: diffusers' (which are those of our networks) and those of
// single-file checkpoints, which keep the names of the original implementation of latent diffusion
// (github.com/CompVis/latent-diffusion) and of CLIP or OpenCLIP.
//
// A key map lists every parameter of one network beside the key that holds it. It is made once
// from the network's configuration and read in both directions: loading looks keys up, saving
// writes them.
#pragma once

#include <torch/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "models/diffusion/autoencoder_config.h"
#include "models/diffusion/unet_config.h"
#include "models/safetensors.h"

namespace ersatz::models {

// How a file keeps a parameter.
enum class KeyForm {
  kSame,
  kPointwise,    // a matrix [out, in] as the kernel [out, in, 1, 1] of a 1x1 convolution
  kFirstThird,   // rows 0 .. n-1 of [3n, ...]: query, key and value in one tensor
  kSecondThird,  //
  kLastThird,    //
};

struct KeyPair {
  std::string parameter;  // "down_blocks.0.resnets.0.conv1.weight"
  std::string key;        // "model.diffusion_model.input_blocks.1.0.in_layers.2.weight"
  KeyForm form = KeyForm::kSame;
};

using KeyMap = std::vector<KeyPair>;

inline constexpr std::string_view kSingleFileUNet = "model.diffusion_model.";
inline constexpr std::string_view kSingleFileAutoencoder = "first_stage_model.";
inline constexpr std::string_view kSingleFileClip = "cond_stage_model.transformer.";
inline constexpr std::string_view kSingleFileOpenClip = "cond_stage_model.model.";

// `parameters` are the names of a network of that configuration. Error::internal for a name that
// has no counterpart. Works for any number of levels and layers.
KeyMap unet_single_file_keys(const UNetConfig& config, const std::vector<std::string>& parameters);
KeyMap autoencoder_single_file_keys(const AutoencoderConfig& config,
                                    const std::vector<std::string>& parameters);
KeyMap clip_single_file_keys(const std::vector<std::string>& parameters);
KeyMap open_clip_single_file_keys(const std::vector<std::string>& parameters);

// Every parameter under its own name.
KeyMap same_keys(const std::vector<std::string>& parameters);
// The same for a diffusers autoencoder, with the names of attention used before diffusers 0.18
// (query, key, value, proj_attn) where `stored` has those.
KeyMap autoencoder_folder_keys(const std::vector<std::string>& parameters,
                               const NamedTensors& stored);

// The parameter inside what a file keeps for it: a view. `shape` is the parameter's; the result
// has another shape when the file's does not fit.
torch::Tensor take_form(const torch::Tensor& stored, KeyForm form,
                        const std::vector<std::int64_t>& shape);

// Tensors under the keys of `keys` (thirds joined) from tensors under parameter names.
NamedTensors to_stored_names(const KeyMap& keys, const NamedTensors& parameters);

}  // namespace ersatz::models
