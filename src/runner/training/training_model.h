// The Stable Diffusion model that a training begins with: what can be known of it before its
// weights are opened, and how they are loaded.
#pragma once

#include <cstdint>
#include <string>

#include "models/diffusion/stable_diffusion.h"
#include "runner/diffusion/generate_options.h"

namespace ersatz::runner {

// As the command line names it.
struct TrainingModel {
  std::string model, variant, tokenizer, prediction;
  std::string device, dtype;  // fp32, bf16 or auto: fp32 on the CPU, bf16 on CUDA
};

// What the configuration of a folder says; the usual values for a single file.
struct ModelShape {
  int side = 512;            // px of the pictures it was trained on
  std::int64_t factor = 8;   // pixels per latent
  std::int64_t tokens = 77;  // of a prompt
};

// Error::missing when there is no such model.
ModelShape model_shape(const std::string& model);

// The side of the pictures that are learned from: `size` px, or for 0 the model's own. Error::usage
// for one that the model cannot take.
int picture_side(int size, const ModelShape& shape);

// Error::usage for a number type, device or prediction that there is not.
models::LoadOptions training_load_options(const TrainingModel& model);

// The options by which `generate` finds the same model.
GenerateOptions model_options(const TrainingModel& model);

// Error::usage when it is a file.
void check_output_folder(const std::string& out);

}  // namespace ersatz::runner
