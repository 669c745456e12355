// The model that `generate` works with: networks, prompt encoder, scheduler.
#pragma once

#include <memory>
#include <string>

#include "generate/diffusion/pipeline.h"
#include "generate/diffusion/prompt_encoder.h"
#include "generate/diffusion/schedulers/scheduler_config.h"
#include "generate/diffusion/tokenizer/clip_tokenizer.h"
#include "models/diffusion/stable_diffusion.h"
#include "runner/diffusion/generate_request.h"

namespace ersatz::runner {

struct DiffusionModel {
  models::StableDiffusion networks;
  std::unique_ptr<generate::PromptEncoder> prompts;
  generate::SchedulerConfig scheduler;
  PictureSize size;                        // asked for, else what the model was trained at
  std::string compute_type, weights_type;  // "fp32"
};

// The tokenizer of --tokenizer, else of the model's folder. Error::missing when there is none.
generate::ClipTokenizer load_model_tokenizer(const GenerateOptions& options);

// Loads the networks, adds the embeddings, merges the LoRAs and settles the scheduler.
DiffusionModel load_model(const GenerateOptions& options, const GenerateRequest& request,
                          generate::ClipTokenizer tokenizer);

}  // namespace ersatz::runner
