// Options that several commands have, with one wording. `Options` is the command's own structure;
// the members have the options' names.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace ersatz::runner {

// --variant, --tokenizer: how a Stable Diffusion model is read.
template <class Options>
void add_model_reading(CLI::App& app, Options& options, const std::string& group) {
  app.add_option("--variant", options.variant, "Of a folder's weight files, such as fp16")
      ->group(group);
  app.add_option("--tokenizer", options.tokenizer,
                 "Folder with vocab.json and merges.txt, or CLIP's vocabulary file; for models "
                 "without one")
      ->group(group);
}

// --device, --dtype, --weights-dtype, --threads: what samples images.
template <class Options>
void add_sampling_machine(CLI::App& app, Options& options, const std::string& group) {
  app.add_option("--device", options.device, "auto, cpu, cuda or cuda:N")
      ->group(group)
      ->capture_default_str();
  app.add_option("--dtype", options.dtype,
                 "What is computed in: fp32, fp16, bf16; auto: fp32 on the CPU, fp16 on CUDA")
      ->group(group)
      ->capture_default_str();
  app.add_option("--weights-dtype", options.weights_dtype,
                 "What weights are kept in: fp32, fp16, bf16; auto: as --dtype")
      ->group(group)
      ->capture_default_str();
  app.add_option("--threads", options.threads, "Compute threads; 0: one per physical core")
      ->group(group)
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
}

// --progress, --quiet.
template <class Options>
void add_progress(CLI::App& app, Options& options, const std::string& group) {
  app.add_option("--progress", options.progress, "auto, bar, plain, json or none")
      ->group(group)
      ->capture_default_str();
  app.add_flag("-q,--quiet", options.quiet, "Only warnings and errors")->group(group);
}

}  // namespace ersatz::runner
