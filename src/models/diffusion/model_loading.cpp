#include "models/diffusion/model_loading.h"

#include <torch/nn/module.h>
#include <torch/types.h>

#include <new>

#include "core/error.h"
#include "models/diffusion/trainable.h"

namespace ersatz::models {

using core::Error;

namespace {

template <typename Network, typename Config>
std::shared_ptr<Network> make_network(const Config& config, const std::filesystem::path& file) {
  try {
    return std::make_shared<Network>(config);
  } catch (const c10::Error&) {
    throw Error::untrusted(file, "describes a network that does not fit into memory");
  } catch (const std::bad_alloc&) {
    throw Error::untrusted(file, "describes a network that does not fit into memory");
  }
}

bool is_network_type(c10::ScalarType type) {
  return type == torch::kFloat32 || type == torch::kFloat16 || type == torch::kBFloat16 ||
         type == torch::kFloat64;
}

}  // namespace

c10::ScalarType compute_type(const LoadOptions& options) {
  return options.compute_type.value_or(options.device.is_cpu() ? torch::kFloat32 : torch::kFloat16);
}

WeightPlacement matrix_placement(const LoadOptions& options) {
  WeightPlacement placement = vector_placement(options);
  placement.type = options.weights_type.value_or(compute_type(options));
  return placement;
}

WeightPlacement vector_placement(const LoadOptions& options) {
  const bool on_demand =
      options.on_demand && options.mapped && !options.as_stored && options.device.is_cpu();
  // Never coarser than matrices are kept.
  const c10::ScalarType compute = compute_type(options);
  const c10::ScalarType type = c10::promoteTypes(compute, options.weights_type.value_or(compute));
  return {options.device, type, options.mapped, options.as_stored, on_demand};
}

void check_options(const LoadOptions& options) {
  if (!is_network_type(compute_type(options)) ||
      (options.weights_type && !is_network_type(*options.weights_type))) {
    throw Error::usage("networks are computed and kept in float32, float16, bfloat16 or float64");
  }
  if (!options.prediction.empty()) check_prediction(options.prediction);
}

std::shared_ptr<UNet> make_unet(const UNetConfig& config, const std::filesystem::path& file) {
  return make_network<UNet>(config, file);
}

std::shared_ptr<ClipText> make_clip_text(const ClipTextConfig& config,
                                         const std::filesystem::path& file) {
  return make_network<ClipText>(config, file);
}

std::shared_ptr<Autoencoder> make_autoencoder(const AutoencoderConfig& config,
                                              const std::filesystem::path& file) {
  return make_network<Autoencoder>(config, file);
}

void freeze(torch::nn::Module& module) {
  module.eval();
  set_trainable(module, false);
}

}  // namespace ersatz::models
