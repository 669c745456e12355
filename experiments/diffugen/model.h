// The diffusion model of a run and DiffuGen's configuration.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/experiment.h"
#include "runner/diffusion/model_setup.h"
#include "runner/diffusion/run_model.h"

namespace ersatz::diffugen {

bool has_diffusion(const core::Config& config);

// diffusion.model and diffusion.inpaint_model ("": the same).
runner::ModelFiles diffusion_model(core::RunContext& run);
runner::ModelFiles inpainting_model(core::RunContext& run);

// diffusion.configuration: a file beside experiment.toml, a path, or a manifest that holds
// cars.json.
struct Configuration {
  std::filesystem::path file;
  std::string digest;
};
Configuration configuration(core::RunContext& run);

// What a step of it costs depends on: StageSpec::pace. `side`: the key of the pictures' side.
std::string model_pace(const core::Config& config, const char* side);

// Loads it, for looking at pictures. `embedding`: a learned word, or empty.
std::unique_ptr<runner::DiffusionModel> load_for_looking(const std::filesystem::path& model,
                                                         const std::filesystem::path& embedding,
                                                         const std::string& device);

}  // namespace ersatz::diffugen
