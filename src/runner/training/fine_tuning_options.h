// The options of `ersatz train dreambooth` and `ersatz train lora`.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace ersatz::runner {

struct FineTuningOptions {
  bool lora = false;
  std::string model, variant, tokenizer, prediction;
  std::string pictures, prompt, out;
  int size = 0;  // px; 0: the model's own
  bool squeeze = false, flip = false;

  std::string class_prompt, class_pictures;
  std::int64_t class_count = 100, class_batch = 4, class_steps = 50;
  double class_guidance = 7.5, prior_weight = 1;

  bool train_text_encoder = false;
  std::int64_t rank = 4;
  double alpha = 0;  // 0: the rank
  std::string init = "kaiming";
  std::vector<std::string> targets = {"to_q", "to_k", "to_v", "to_out.0"};
  std::vector<std::string> text_targets = {"q_proj", "k_proj", "v_proj", "out_proj"};

  std::int64_t steps = 400, batch = 4, accumulation = 1;
  double learning_rate = 5e-6, weight_decay = 0.01, clip_norm = 1, snr_gamma = 0;
  bool scale_learning_rate = false;
  std::string schedule = "constant";
  std::int64_t warmup = 0;
  std::uint64_t seed = 0;

  std::int64_t save_every = 500, log_every = 10;
  std::string validation_prompt;
  std::int64_t validation_every = 100, validation_count = 4, validation_steps = 25;
  std::string dtype = "auto";
};

// With the defaults of diffusers' scripts for the one and the other.
FineTuningOptions dreambooth_options();
FineTuningOptions lora_options();

// Adds what belongs to this training alone to its sub-command.
void add_fine_tuning_options(CLI::App& app, FineTuningOptions& options);

}  // namespace ersatz::runner
