#include "models/diffusion/autoencoder_folder.h"

#include <torch/types.h>

#include "core/json.h"
#include "models/diffusion/model_loading.h"
#include "models/diffusion/parameter_match.h"
#include "models/diffusion/saved_parameters.h"
#include "models/diffusion/weight_files.h"

namespace ersatz::models {

namespace {

constexpr const char* kStem = "diffusion_pytorch_model";

}  // namespace

void save_autoencoder(const Autoencoder& autoencoder, const AutoencoderConfig& config,
                      const std::filesystem::path& folder, const SaveOptions& options) {
  core::write_json(folder / "config.json", autoencoder_config_json(config));
  save_safetensors(folder / "diffusion_pytorch_model.safetensors",
                   saved_parameters(autoencoder, options), {{"format", "pt"}});
}

std::shared_ptr<Autoencoder> load_autoencoder(const std::filesystem::path& folder,
                                              const LoadOptions& options) {
  check_options(options);
  const std::filesystem::path file = folder / "config.json";
  const AutoencoderConfig config = parse_autoencoder_config(read_model_json(file), file);
  const Weights weights =
      open_weight_files(find_weight_files(folder, kStem, kStem, options.variant));
  std::shared_ptr<Autoencoder> autoencoder = make_autoencoder(config, file);
  ParameterMatch match(weights);
  match.add(*autoencoder, autoencoder_folder_keys(parameter_names(*autoencoder), weights.tensors));
  match.check();
  match.fill(matrix_placement(options), vector_placement(options));
  freeze(*autoencoder);
  return autoencoder;
}

}  // namespace ersatz::models
