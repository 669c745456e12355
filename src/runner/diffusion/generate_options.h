// The options of `ersatz generate` and of `ersatz-diffusion generate`: one definition for both.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ersatz::runner {

struct GenerateOptions {
  std::string mode;   // txt2img, img2img or inpaint
  std::string model;  // diffusers folder or checkpoint file
  std::string variant, tokenizer, prediction;
  std::vector<std::string> prompts, negatives;
  std::string prompt_file;
  std::string prompt_weights = "off";
  std::int64_t clip_skip = 0;           // layers of the text encoder left out
  std::vector<std::string> embeddings;  // FILE or FILE=<token>
  std::vector<std::string> loras;       // FILE or FILE=scale
  std::string scheduler;                // name or scheduler_config.json; empty: the model's
  std::int64_t steps = 50;
  double guidance = 7.5, guidance_rescale = 0;
  std::optional<double> eta;
  std::uint64_t seed = 0;
  std::int64_t count = 1, batch = 1;
  std::string size;  // WxH; empty: the picture's, else what the model was trained at
  std::string image, mask;
  std::optional<double> strength;
  std::string inpaint = "auto";
  bool tiled_decode = false;
  std::string device = "auto", dtype = "auto", weights_dtype = "auto";
  int threads = 0;  // 0: physical cores
  std::string out;
  std::string shard;  // "i/n"
  bool overwrite = false, dry_run = false, json = false, quiet = false;
  std::string progress = "auto";
  std::vector<std::string> attention;  // words
  std::string preview, taesd;          // folders
  std::int64_t preview_every = 5;      // steps
  std::string init_latents, noise, dump_trajectory;
};

// Adds the sub-command `generate` to `program`, bound to `options`, which must outlive the parse.
CLI::App* add_generate_options(CLI::App& program, GenerateOptions& options);

}  // namespace ersatz::runner
