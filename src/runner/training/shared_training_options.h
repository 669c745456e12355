// Options that the trainings of Stable Diffusion have in common, with one wording. `Options` is the
// command's own structure; the members have the options' names.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "runner/shared_options.h"

namespace ersatz::runner {

inline CLI::Range positive_count() { return {std::int64_t{1}, std::int64_t{1'000'000'000}}; }
inline CLI::Range sampling_steps() { return {std::int64_t{1}, std::int64_t{1000}}; }

// --model, --variant, --tokenizer, --prediction: what is trained.
template <class Options>
void add_trained_model(CLI::App& app, Options& options, const std::string& group) {
  app.add_option("-m,--model", options.model,
                 "Folder in diffusers' layout, or a single .safetensors or .ckpt file")
      ->group(group)
      ->required();
  add_model_reading(app, options, group);
  app.add_option("--prediction", options.prediction,
                 "epsilon or v_prediction; for single files, which do not tell")
      ->group(group);
}

// --size.
template <class Options>
void add_picture_side(CLI::App& app, Options& options, const std::string& group) {
  app.add_option("--size", options.size,
                 "Side of the pictures in pixels; default: what the model's folder says, else 512")
      ->group(group);
}

// --steps, --batch, --gradient-accumulation; `batch`: what is computed at once.
template <class Options>
void add_steps(CLI::App& app, Options& options, const std::string& group,
               const std::string& batch) {
  app.add_option("--steps", options.steps, "Updates")
      ->group(group)
      ->check(positive_count())
      ->capture_default_str();
  app.add_option("--batch", options.batch, batch)
      ->group(group)
      ->check(positive_count())
      ->capture_default_str();
  app.add_option("--gradient-accumulation", options.accumulation, "Batches of one step")
      ->group(group)
      ->check(positive_count())
      ->capture_default_str();
}

// --learning-rate, --scale-lr, --schedule, --warmup, --weight-decay (`decayed`: of what).
template <class Options>
void add_rate(CLI::App& app, Options& options, const std::string& group,
              const std::string& decayed) {
  app.add_option("--learning-rate", options.learning_rate, "Of AdamW")
      ->group(group)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--scale-lr", options.scale_learning_rate,
               "Multiply the learning rate by the pictures of a step")
      ->group(group);
  app.add_option("--schedule", options.schedule, "constant, linear or cosine")
      ->group(group)
      ->capture_default_str();
  app.add_option("--warmup", options.warmup, "Steps in which the rate rises; constant and cosine")
      ->group(group)
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000'000}))
      ->capture_default_str();
  app.add_option("--weight-decay", options.weight_decay, "Decoupled, of " + decayed)
      ->group(group)
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

// --seed.
template <class Options>
void add_seed(CLI::App& app, Options& options, const std::string& group) {
  app.add_option("--seed", options.seed, "Of everything random")
      ->group(group)
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

// --out (`result`: what is written there), --save-every, --log-every, and pictures made on the way.
template <class Options>
void add_training_output(CLI::App& app, Options& options, const std::string& group,
                         const std::string& result) {
  app.add_option("--out", options.out, "Folder for " + result + ", checkpoints, metrics, samples")
      ->group(group)
      ->required();
  app.add_option("--save-every", options.save_every, "Steps between checkpoints")
      ->group(group)
      ->check(positive_count())
      ->capture_default_str();
  app.add_option("--log-every", options.log_every, "Steps between lines of metrics.jsonl")
      ->group(group)
      ->check(positive_count())
      ->capture_default_str();
  auto* prompt = app.add_option("--validation-prompt", options.validation_prompt,
                                "Make pictures of this while training: samples/step-*.png")
                     ->group(group);
  app.add_option("--validation-every", options.validation_every, "Steps between them")
      ->group(group)
      ->needs(prompt)
      ->check(positive_count())
      ->capture_default_str();
  app.add_option("--validation-count", options.validation_count, "How many, with seeds 0, 1, ...")
      ->group(group)
      ->needs(prompt)
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{64}))
      ->capture_default_str();
  app.add_option("--validation-steps", options.validation_steps, "Steps of their sampling")
      ->group(group)
      ->needs(prompt)
      ->check(sampling_steps())
      ->capture_default_str();
}

// --dtype, of trainings.
template <class Options>
void add_training_dtype(CLI::App& app, Options& options, const std::string& what) {
  app.add_option("--dtype", options.dtype,
                 "What " + what + " compute in: fp32 or bf16; auto: fp32 on the CPU, bf16 on CUDA")
      ->group("Machine and run")
      ->capture_default_str();
}

}  // namespace ersatz::runner
