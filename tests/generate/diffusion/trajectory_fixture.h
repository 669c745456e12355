// Recorded runs of the reference implementation (shared/fixtures/trajectories, .../daam).
#pragma once

#include <torch/types.h>

#include <filesystem>
#include <string>

#include "core/json.h"
#include "generate/diffusion/pipeline.h"
#include "models/safetensors.h"

namespace ersatz::test {

// A model of shared/fixtures/models with everything that sampling needs.
struct LoadedModel {
  explicit LoadedModel(const std::filesystem::path& folder);
  models::StableDiffusion model;
  generate::PromptEncoder encoder;
};

struct Trajectory {
  // `stem`: path without extension.
  explicit Trajectory(const std::filesystem::path& stem);

  const torch::Tensor& at(const std::string& name) const { return tensors.at(name); }
  bool has(const std::string& name) const { return tensors.count(name) != 0; }
  // The request that repeats the run: recorded latents and noise.
  generate::SamplingRequest request() const;

  std::filesystem::path folder;
  core::Json record;
  models::NamedTensors tensors;
};

// Largest |a - b|; infinite for different shapes and for NaN.
double max_difference(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace ersatz::test
