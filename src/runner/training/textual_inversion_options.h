// The options of `ersatz train textual-inversion`.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

namespace ersatz::runner {

struct TextualInversionOptions {
  std::string model, variant, tokenizer, prediction;
  std::string pictures, token, initializer, out;
  std::string templates = "object";  // object, style, or a file
  std::int64_t vectors = 1;
  int size = 0;  // px; 0: the model's own
  bool centre_crop = false, no_flip = false;

  std::int64_t steps = 5000, batch = 16, accumulation = 1;
  double learning_rate = 1e-4, weight_decay = 0.01;
  bool scale_learning_rate = false;
  std::string schedule = "constant";
  std::int64_t warmup = 0;
  std::uint64_t seed = 0;

  std::int64_t save_every = 500, log_every = 10;
  std::string validation_prompt;
  std::int64_t validation_every = 100, validation_count = 4, validation_steps = 25;
  std::string dtype = "auto";
};

// Adds what belongs to this training alone to its sub-command.
void add_textual_inversion_options(CLI::App& app, TextualInversionOptions& options);

}  // namespace ersatz::runner
