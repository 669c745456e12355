// The two ways a whole model is stored. Use load_stable_diffusion, which chooses between them.
#pragma once

#include <filesystem>

#include "models/diffusion/architecture.h"
#include "models/diffusion/stable_diffusion.h"
#include "models/diffusion/weight_placement.h"

namespace ersatz::models {

StableDiffusion load_diffusers_folder(const std::filesystem::path& folder,
                                      const LoadOptions& options);
StableDiffusion load_single_file(const std::filesystem::path& file, const LoadOptions& options);

// Configurations of the networks in a diffusers folder (scheduler included), without weights.
// Networks that `options` leaves out keep their defaults.
Architecture read_folder_architecture(const std::filesystem::path& folder,
                                      const LoadOptions& options);

// Placement of matrices and kernels, and of vectors (norms and biases, which stay in the type of
// the computation: they are small and rounding them costs accuracy).
WeightPlacement matrix_placement(const LoadOptions& options);
WeightPlacement vector_placement(const LoadOptions& options);
c10::ScalarType compute_type(const LoadOptions& options);

// Error::usage for types that nothing is computed or kept in, and unknown predictions.
void check_options(const LoadOptions& options);

// A network of the given configuration, its parameters not initialised. Error::untrusted naming
// `file` when its parameters do not fit into the address space.
std::shared_ptr<UNet> make_unet(const UNetConfig& config, const std::filesystem::path& file);
std::shared_ptr<ClipText> make_clip_text(const ClipTextConfig& config,
                                         const std::filesystem::path& file);
std::shared_ptr<Autoencoder> make_autoencoder(const AutoencoderConfig& config,
                                              const std::filesystem::path& file);

// Evaluation mode, no gradients.
void freeze(torch::nn::Module& module);

}  // namespace ersatz::models
