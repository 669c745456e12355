// Writing a model: as a diffusers folder, or as one file with the names of the original
// implementation.
#pragma once

#include <c10/core/ScalarType.h>

#include <filesystem>
#include <optional>

#include "models/diffusion/stable_diffusion.h"

namespace ersatz::models {

struct SaveOptions {
  // Of all weights; nothing = the type in which the model's matrices are kept.
  std::optional<c10::ScalarType> type;
  // Without `type`: every weight keeps its own type instead.
  bool own_types = false;
  // For models without a tokenizer: write the byte-level one (models/diffusion/byte_vocabulary.h).
  bool byte_tokenizer = false;
};

// model_index.json, scheduler/, text_encoder/, unet/, vae/, tokenizer/ with the model's tokenizer
// files. The folder appears under its name when it is complete. Error::usage when it exists and is
// not empty, when a network was not loaded, or when a weight is too large for `type` (named).
void save_stable_diffusion(const StableDiffusion& model, const std::filesystem::path& folder,
                           const SaveOptions& options = {});

// All networks in one safetensors file. The tokenizer and the scheduler have no place in it;
// whether the model predicts noise or velocity is kept as metadata that load_stable_diffusion
// reads, and so are the networks' configurations when the model is unlike the published ones. An
// OpenCLIP text encoder (gelu) gets OpenCLIP's names, without the last layer that takes no part.
// Error::usage when the file exists, when a network was not loaded, or when a weight is too large
// for `type` (named).
void save_single_file(const StableDiffusion& model, const std::filesystem::path& file,
                      const SaveOptions& options = {});

enum class ModelLayout { kDiffusers, kSingleFile };

// Reads a model in either layout (`load`: variant, prediction, tokenizer, configuration) and
// writes it in `layout`. Weights stay in their type unless `save` says otherwise.
void convert_stable_diffusion(const std::filesystem::path& source,
                              const std::filesystem::path& target, ModelLayout layout,
                              SaveOptions save = {}, LoadOptions load = {});

}  // namespace ersatz::models
