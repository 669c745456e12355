// What is in weight files and models, and whether they are whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "models/diffusion/stable_diffusion.h"

namespace ersatz::models {

struct TensorSummary {
  std::string name;
  std::string type;  // as safetensors calls it: "F32", "F16", "I64"
  std::vector<std::int64_t> shape;
  std::uint64_t bytes = 0;
};

struct WeightsSummary {
  std::filesystem::path file;
  std::string kind;                    // models/diffusion/weights_kind.h
  std::vector<TensorSummary> tensors;  // by name
  std::map<std::string, std::string> metadata;
  std::int64_t parameters = 0;  // elements of all tensors
  std::uint64_t bytes = 0;
  std::map<std::string, std::int64_t> types;  // "F16" -> number of tensors
};

// One weight file. Reads headers only.
WeightsSummary weights_summary(const std::filesystem::path& file);

// Of a weight file, its summary; of a folder in diffusers' layout, those of the files it would be
// loaded from: text encoder, UNet, autoencoder.
std::vector<WeightsSummary> model_summaries(const std::filesystem::path& path,
                                            const LoadOptions& options = {});

struct VerifiedFile {
  std::filesystem::path file;
  std::string kind, sha256;
  std::uint64_t bytes = 0;
};

// Loads a model with every check there is (names, shapes, NaN, checksums inside the files) and
// digests its weight files. Of any other weight file - an embedding, a LoRA - the file format, the
// checksums and the absence of NaN are checked. Throws what loading throws.
std::vector<VerifiedFile> verify_model(const std::filesystem::path& path,
                                       const LoadOptions& options = {});

}  // namespace ersatz::models
