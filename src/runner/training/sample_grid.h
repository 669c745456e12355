// Pictures from a model in training, side by side, for people to look at.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/images/rgb_image.h"
#include "generate/diffusion/tokenizer/clip_tokenizer.h"
#include "models/diffusion/stable_diffusion.h"
#include "runner/training/mini_sd_recipe.h"

namespace ersatz::runner {

// Rows of pictures of one size, separated by thin white gutters. Rows may differ in length.
data::RgbImage tile_pictures(const std::vector<std::vector<data::RgbImage>>& rows);

// One row for each prompt of the recipe, `per_prompt` pictures with seeds 0, 1, ..., by the model's
// own scheduler. Writes `file`, a PNG that holds the prompts as text (keyword "prompts"), and
// returns the share of all pixels' channels that are 0 or 255: a picture of nothing but noise or
// saturated colour shows there too. Error::numeric when the model's output is not finite.
double write_sample_grid(models::StableDiffusion& model, generate::ClipTokenizer tokenizer,
                         const SampleRecipe& recipe, const std::filesystem::path& file);

}  // namespace ersatz::runner
