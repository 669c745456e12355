// The options of `ersatz diffugen run` and of `ersatz-diffusion diffugen run`: one definition.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace ersatz::runner {

struct DiffuGenCommand {
  std::string config;
  std::string task = "all";          // txt2img, img2img, inpaint or all
  std::string model, inpaint_model;  // instead of the configuration's
  std::string variant, tokenizer, embedding;
  std::string out;     // instead of dataset_root
  std::string source;  // instead of source_dataset
  std::string labels = "auto", recipe = "fixed";
  std::vector<std::string> words;            // WORD or WORD=CLASS
  std::string segmenter, segmenter_classes;  // instead of the configuration's label_model
  bool trust = false;
  std::int64_t steps = 0;  // 0: the configuration's
  std::string size;        // WxH; empty: the configuration's
  double guidance = 7.5, img2img_strength = 0.8, inpaint_strength = 1;
  std::string prompt_weights = "off";
  std::int64_t limit = 0;  // pictures of each task; 0: all
  std::int64_t batch = 1;
  std::string shard;  // "i/n"
  std::string device = "auto", dtype = "auto", weights_dtype = "auto";
  int threads = 0;  // 0: physical cores
  bool dry_run = false, json = false, quiet = false;
  std::string progress = "auto";
};

// Adds the sub-command `run` to `diffugen`, bound to `options`, which must outlive the parse.
CLI::App* add_diffugen_run_options(CLI::App& diffugen, DiffuGenCommand& options);

}  // namespace ersatz::runner
