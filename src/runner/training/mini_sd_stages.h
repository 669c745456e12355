// The stages of training a small Stable Diffusion: vocabulary, autoencoder, latents, diffusion, and
// the model in diffusers' layout.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "compute/ranks/rank_group.h"
#include "core/config.h"
#include "core/stage.h"
#include "runner/training/mini_sd_recipe.h"

namespace ersatz::runner {

// Names of the stages; the folders and files each leaves:
inline constexpr const char* kVocabularyStage = "vocabulary";  // tokenizer/
inline constexpr const char* kAutoencoderStage = "vae";        // vae/, metrics.jsonl
inline constexpr const char* kLatentsStage = "latents";        // latents/
inline constexpr const char* kDiffusionStage = "diffusion";    // *.safetensors, metrics.jsonl
inline constexpr const char* kModelStage = "model";            // model/, samples.png

// Where and on what a run computes. `samples` is set before the stages run: sample grids of the
// unfinished model go there.
struct MiniSdRun {
  std::string device = "cpu";
  std::filesystem::path samples;
  compute::RankGroup* ranks = nullptr;  // that train the networks together
  std::int64_t parts = 0;               // of a batch; see train::LatentDiffusionRun::copies
};

// Adds the stages to `graph`. `run` is read when they run.
void declare_mini_sd(const core::Config& config, const MiniSdRecipe& recipe,
                     const std::shared_ptr<const MiniSdRun>& run, core::StageGraph& graph);

}  // namespace ersatz::runner
