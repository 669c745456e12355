// The generator: a Stable Diffusion model that learned what the orchard looks like from a few real
// pictures, and the pictures it makes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/experiment.h"
#include "data/images/rgb_image.h"
#include "real_set.h"
#include "runner/diffusion/model_setup.h"
#include "runner/diffusion/run_model.h"

namespace ersatz::apples {

// A model that can be loaded: its folder, and a LoRA beside it or none.
struct GeneratorFiles {
  std::filesystem::path model, lora;
};

// generator.model of this run.
runner::ModelFiles base_model(core::RunContext& run);

// Fine-tunes it on finetune.pictures real pictures by finetune.method: "dreambooth" (the whole
// model, model/), "lora" (factors beside it) or "none" (nothing is learned). Also keeps the
// pictures (few/00.png, ...). Summary: {"pictures", "steps", "loss"}.
std::string add_generator(core::RunContext& run, core::StageGraph& graph, const RealSet& real,
                          const runner::ModelFiles& base);

// What that stage left.
GeneratorFiles generator_files(const core::StageContext& stage, const core::Config& config,
                               const runner::ModelFiles& base);
std::unique_ptr<runner::DiffusionModel> load_generator(const GeneratorFiles& files,
                                                       const std::string& device);

// images/<name>.png: pictures.count of them, prompts in turn; before/: a few with the same prompts
// and seeds by the model as it was. Summary: {"pictures", "side"}.
std::string add_pictures(core::RunContext& run, core::StageGraph& graph,
                         const runner::ModelFiles& base);

struct GeneratedPicture {
  std::string name;  // of the file, below images/
  std::filesystem::path path;
  std::string prompt;
};
// Prompts in turn, so that the first n have as many of each.
std::vector<GeneratedPicture> generated_pictures(const core::Config& config,
                                                 const std::filesystem::path& stage_folder);

// The pictures the generator learned from, as its stage kept them.
std::vector<data::RgbImage> pictures_in(const std::filesystem::path& folder);

}  // namespace ersatz::apples
