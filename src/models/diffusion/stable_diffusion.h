// A whole Stable Diffusion model: its networks, its tokenizer's files and its scheduler's
// settings, from a diffusers folder or a single checkpoint file.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/json.h"
#include "models/diffusion/autoencoder.h"
#include "models/diffusion/clip_text.h"
#include "models/diffusion/unet.h"

namespace ersatz::models {

struct LoadOptions {
  c10::Device device = c10::kCPU;
  // What is computed in; nothing = float32 on the CPU, float16 on CUDA.
  std::optional<c10::ScalarType> compute_type;
  // What weights are kept in; nothing = the compute type. float16 or bfloat16 halve the memory.
  // Vectors (biases, scales) are kept in the wider of the two types.
  std::optional<c10::ScalarType> weights_type;
  std::string variant;  // "fp16": prefer *.fp16.safetensors
  // Replaces what the model's scheduler says: "epsilon" or "v_prediction". A single file of SD 2.x
  // does not say whether it is the 512-base model (epsilon) or the 768-v model (v_prediction).
  std::string prediction;
  std::filesystem::path tokenizer;  // for single files: a folder with vocab.json, merges.txt
  // For single files: a diffusers folder whose config.json files (and scheduler, and tokenizer) are
  // used instead of what the shapes in the file suggest.
  std::filesystem::path configuration;
  // Weights may be views of the mapped file, which must not be written to. False: all weights get
  // memory of their own (training).
  bool mapped = true;
  // On the CPU, with `mapped`: networks take memory for converted weights when they are first used,
  // and give it back when they are set aside (stored_network.h). Until then their parameters have
  // the type of the file.
  bool on_demand = false;
  // Keep every weight in the type and memory order of the file: to convert or inspect a model, not
  // to compute with it. `weights_type` is not used then.
  bool as_stored = false;
  bool unet = true, autoencoder = true, text_encoder = true;  // which parts to load
};

struct StableDiffusion {
  std::shared_ptr<ClipText> text_encoder;
  std::shared_ptr<UNet> unet;
  std::shared_ptr<Autoencoder> autoencoder;
  core::Json scheduler;             // scheduler_config.json
  std::filesystem::path tokenizer;  // folder with vocab.json and merges.txt; may be empty
  std::filesystem::path source;     // what was loaded
  c10::Device device = c10::kCPU;
  c10::ScalarType compute_type = c10::ScalarType::Float;
};

// Loads a model in evaluation mode. Every key of the files must be used and every parameter must
// be filled: otherwise Error::untrusted lists the names. Error::missing for absent files.
StableDiffusion load_stable_diffusion(const std::filesystem::path& path,
                                      const LoadOptions& options = {});

}  // namespace ersatz::models
