// How an image was made: everything that its pixels depend on, as JSON, and as the text that other
// programs write into their PNG files.
#pragma once

#include <string>
#include <vector>

#include "core/json.h"
#include "generate/diffusion/schedulers/scheduler_config.h"
#include "runner/diffusion/generate_request.h"
#include "runner/diffusion/model_digest.h"

namespace ersatz::runner {

struct RecipeInput {
  const GenerateOptions& options;
  const GenerateRequest& request;
  PictureSize size;
  generate::SchedulerConfig scheduler;
  std::string compute_type, weights_type;  // "fp32"
};

// What all images of a run have in common, without the model. Reads the files that the options
// name, for their digests.
core::Json run_recipe(const RecipeInput& input);

// The recipe of one image: prompt, negative prompt and seed, then `run`, then the model.
core::Json image_recipe(const core::Json& run, const ModelDigest& model, const ImageTask& task);

// The keys in which two recipes differ, sorted; empty when the same image comes out.
std::vector<std::string> recipe_differences(const core::Json& a, const core::Json& b);

// The recipe as AUTOMATIC1111's web interface writes it (PNG text "parameters"), which image
// browsers read.
std::string a1111_parameters(const core::Json& recipe);

}  // namespace ersatz::runner
