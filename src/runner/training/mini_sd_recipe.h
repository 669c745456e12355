// The recipe of a small Stable Diffusion: every setting of its training, from a TOML file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/json.h"
#include "data/scenes/scene_captions.h"
#include "train/diffusion/autoencoder_trainer.h"
#include "train/diffusion/latent_diffusion_training.h"

namespace ersatz::runner {

// All keys with their types and default values, flat and dotted. assets/mini-sd/recipe.toml
// explains them.
core::Json mini_sd_defaults();

// Name in assets/mini-sd ("recipe", "tiny") or a path, with overrides applied. Error::unknown for a
// recipe that does not exist, with a suggestion; errors of Config::load_over and override_value.
core::Config load_mini_sd_recipe(const std::string& name_or_path,
                                 const std::vector<std::string>& overrides);

struct VocabularyRecipe {
  std::int64_t size = 0, captions = 0, least_count = 0;
};

struct SampleRecipe {
  std::vector<std::string> prompts;
  std::int64_t per_prompt = 0;
  std::int64_t every = 0;  // steps of the diffusion training; 0: only when it is finished
  std::int64_t steps = 0;
  double guidance = 0;
};

struct MiniSdRecipe {
  std::uint64_t seed = 0;
  // A model whose tokenizer, autoencoder and first weights are used; or empty.
  std::string start_folder;
  data::CaptionedScenes scenes;  // its seed belongs to the training pictures
  VocabularyRecipe vocabulary;
  std::string autoencoder_folder;  // a vae/ folder to be used instead of training one; or empty
  train::AutoencoderTraining autoencoder;
  std::int64_t latents = 0;  // pictures
  bool mirrored = false;
  train::LatentDiffusionTraining diffusion;  // text.vocabulary is that of the trained tokenizer
  core::Json scheduler;                      // of the exported model, and of samples
  SampleRecipe samples;
  std::int64_t autoencoder_checkpoint_every = 0, diffusion_checkpoint_every = 0, log_every = 0;
};

// Error::usage naming the key whose value cannot be.
MiniSdRecipe parse_mini_sd_recipe(const core::Config& config);

}  // namespace ersatz::runner
