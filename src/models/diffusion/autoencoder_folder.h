// An autoencoder by itself, as the vae/ folder of a diffusers model.
#pragma once

#include <filesystem>
#include <memory>

#include "models/diffusion/autoencoder.h"
#include "models/diffusion/save_stable_diffusion.h"
#include "models/diffusion/stable_diffusion.h"

namespace ersatz::models {

// config.json and diffusion_pytorch_model.safetensors in `folder`, which is created; what is there
// of the same name is replaced. `config` is the autoencoder's own, or differs from it in the
// scaling factor only. Errors as save_stable_diffusion.
void save_autoencoder(const Autoencoder& autoencoder, const AutoencoderConfig& config,
                      const std::filesystem::path& folder, const SaveOptions& options = {});

// In evaluation mode, its parameters without gradients. Of `options`, device, types, variant and
// `mapped` count. Errors as load_stable_diffusion.
std::shared_ptr<Autoencoder> load_autoencoder(const std::filesystem::path& folder,
                                              const LoadOptions& options = {});

}  // namespace ersatz::models
