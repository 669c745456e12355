#include "models/diffusion/stable_diffusion.h"

#include <fmt/format.h>

#include "core/error.h"
#include "models/diffusion/model_loading.h"

namespace ersatz::models {

namespace fs = std::filesystem;

StableDiffusion load_stable_diffusion(const fs::path& path, const LoadOptions& options) {
  check_options(options);
  if (!fs::exists(path)) {
    throw core::Error::missing(fmt::format("there is no model at {}", path.string()),
                               "a diffusers folder, or a .safetensors or .ckpt file");
  }
  if (!options.tokenizer.empty() && !fs::exists(options.tokenizer / "vocab.json")) {
    throw core::Error::missing(
        fmt::format("there is no vocab.json in {}", options.tokenizer.string()));
  }
  StableDiffusion model = fs::is_directory(path) ? load_diffusers_folder(path, options)
                                                 : load_single_file(path, options);
  if (!options.tokenizer.empty()) model.tokenizer = options.tokenizer;
  if (!options.prediction.empty()) model.scheduler["prediction_type"] = options.prediction;
  model.source = path;
  model.device = options.device;
  model.compute_type = compute_type(options);
  if (model.text_encoder) model.text_encoder->set_compute_type(model.compute_type);
  return model;
}

}  // namespace ersatz::models
