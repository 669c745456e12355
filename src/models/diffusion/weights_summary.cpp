#include "models/diffusion/weights_summary.h"

#include <fmt/format.h>
#include <torch/types.h>

#include <array>

#include "core/digest.h"
#include "core/error.h"
#include "models/diffusion/finite.h"
#include "models/diffusion/single_file_config.h"
#include "models/diffusion/weight_files.h"
#include "models/diffusion/weights_kind.h"
#include "models/stored_type.h"
#include "models/weights/weights.h"

namespace ersatz::models {

namespace fs = std::filesystem;

namespace {

struct Part {
  const char *folder, *stem, *bin_stem;
  bool LoadOptions::*wanted;
};

constexpr std::array<Part, 3> kParts = {
    {{"text_encoder", "model", "pytorch_model", &LoadOptions::text_encoder},
     {"unet", "diffusion_pytorch_model", "diffusion_pytorch_model", &LoadOptions::unet},
     {"vae", "diffusion_pytorch_model", "diffusion_pytorch_model", &LoadOptions::autoencoder}}};

// The weight files a model is loaded from.
std::vector<fs::path> model_files(const fs::path& path, const LoadOptions& options) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const Part& part : kParts) {
    if (!(options.*part.wanted)) continue;
    for (const fs::path& file :
         find_weight_files(path / part.folder, part.stem, part.bin_stem, options.variant).files) {
      files.push_back(file);
    }
  }
  return files;
}

}  // namespace

WeightsSummary weights_summary(const fs::path& file) {
  const Weights weights = open_weights(file);
  WeightsSummary summary;
  summary.file = file;
  summary.kind = weights_kind(weights);
  summary.metadata = weights.metadata;
  for (const auto& [name, tensor] : weights.tensors) {
    const std::string type(stored_type_name(stored_type(tensor.scalar_type()).value()));
    summary.tensors.push_back({name, type, tensor.sizes().vec(), tensor.nbytes()});
    summary.parameters += tensor.numel();
    summary.bytes += tensor.nbytes();
    ++summary.types[type];
  }
  return summary;
}

std::vector<WeightsSummary> model_summaries(const fs::path& path, const LoadOptions& options) {
  std::vector<WeightsSummary> summaries;
  for (const fs::path& file : model_files(path, options)) {
    summaries.push_back(weights_summary(file));
  }
  return summaries;
}

std::vector<VerifiedFile> verify_model(const fs::path& path, const LoadOptions& options) {
  if (!fs::exists(path)) {
    throw core::Error::missing(fmt::format("there is nothing at {}", path.string()));
  }
  const std::vector<fs::path> files = model_files(path, options);
  std::vector<VerifiedFile> verified;
  for (const fs::path& file : files) {
    verify_weights(file);
    const Weights weights = open_weights(file);
    for (const auto& [name, tensor] : weights.tensors) {
      if (!all_finite(tensor)) {
        throw core::Error::untrusted(file,
                                     fmt::format("tensor '{}' has NaN or infinite values", name));
      }
      forget_pages(tensor);
    }
    verified.push_back({file, weights_kind(weights), core::sha256_file(file), fs::file_size(file)});
  }
  // Names and shapes last: the files themselves are sound.
  if (fs::is_directory(path) || is_single_file(open_weights(path).tensors)) {
    LoadOptions check = options;
    check.as_stored = true;
    load_stable_diffusion(path, check);
  }
  return verified;
}

}  // namespace ersatz::models
