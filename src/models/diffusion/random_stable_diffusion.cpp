#include "models/diffusion/random_stable_diffusion.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>

#include "compute/noise_kernel.h"
#include "compute/parallel.h"
#include "compute/torch_shim.h"
#include "core/philox.h"
#include "models/diffusion/model_loading.h"
#include "models/diffusion/weight_placement.h"

namespace ersatz::models {

namespace {

torch::Tensor random_normal(at::IntArrayRef shape, double deviation, std::uint64_t key) {
  // The kernel adds noise to something: to nothing, here.
  const torch::Tensor zeros = torch::zeros(shape);
  torch::Tensor result = torch::empty(shape);
  compute::NoiseSettings settings;
  settings.key = key;
  settings.deviation = static_cast<float>(deviation);
  const std::int64_t size = result.numel();
  const std::int64_t blocks = (size + compute::kNoiseBlock - 1) / compute::kNoiseBlock;
  compute::parallel_for(blocks, 64, [&](std::int64_t begin, std::int64_t end) {
    compute::noise_forward(zeros.data_ptr<float>(), result.data_ptr<float>(), nullptr, size, begin,
                           end, settings);
  });
  return result;
}

}  // namespace

void randomise(torch::nn::Module& module, std::uint64_t seed, std::string_view stream) {
  const torch::NoGradGuard no_grad;
  compute::for_each_parameter(module, [&](const std::string& name, torch::Tensor parameter) {
    if (parameter.dim() < 2) {
      const bool bias = name.size() >= 4 && name.compare(name.size() - 4, 4, "bias") == 0;
      parameter.set_data(torch::full(parameter.sizes(), bias ? 0.0F : 1.0F));
      return;
    }
    const bool embedding = name.find("embedding.weight") != std::string::npos;
    const auto inputs = static_cast<double>(parameter.numel() / parameter.size(0));
    const double deviation = embedding ? 0.7 : 1.0 / std::sqrt(inputs);
    const std::uint64_t key = core::stream_seed(seed, fmt::format("{}/{}", stream, name));
    WeightPlacement placement;
    placement.mapped = false;  // memory of its own, in the order that is computed in
    parameter.set_data(place_weight(random_normal(parameter.sizes(), deviation, key), placement));
  });
}

StableDiffusion random_stable_diffusion(std::string_view name, std::uint64_t seed) {
  const Architecture shape = architecture(name);
  StableDiffusion model;
  model.scheduler = shape.scheduler;
  model.unet = std::make_shared<UNet>(shape.unet);
  model.autoencoder = std::make_shared<Autoencoder>(shape.autoencoder);
  model.text_encoder = std::make_shared<ClipText>(shape.text);
  randomise(*model.unet, seed, "random-weights/unet");
  randomise(*model.autoencoder, seed, "random-weights/vae");
  randomise(*model.text_encoder, seed, "random-weights/text_encoder");
  freeze(*model.unet);
  freeze(*model.autoencoder);
  freeze(*model.text_encoder);
  return model;
}

}  // namespace ersatz::models
