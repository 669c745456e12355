#include "models/diffusion/network_fixture.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>
#include <map>

#include "compute/torch_shim.h"
#include "models/module_state.h"

namespace ersatz::models {

namespace {

constexpr const char* kWeights = "diffusion_pytorch_model.safetensors";

// Names of attention in autoencoders saved before diffusers 0.18.
std::string renamed(std::string name) {
  static const std::map<std::string, std::string> kNames = {{".query.", ".to_q."},
                                                            {".key.", ".to_k."},
                                                            {".value.", ".to_v."},
                                                            {".proj_attn.", ".to_out.0."}};
  for (const auto& [old_part, new_part] : kNames) {
    const std::size_t at = name.find(old_part);
    if (at != std::string::npos) name.replace(at, old_part.size(), new_part);
  }
  return name;
}

template <typename Network>
void load(Network& network, const std::filesystem::path& file) {
  NamedTensors tensors;
  for (const auto& [name, tensor] : load_safetensors(file).tensors) {
    if (name != "text_model.embeddings.position_ids") tensors.emplace(renamed(name), tensor);
  }
  load_module_state(network, tensors, file);
  network.eval();
}

}  // namespace

std::shared_ptr<UNet> load_unet(const std::filesystem::path& model) {
  const std::filesystem::path file = model / "unet" / "config.json";
  auto network = std::make_shared<UNet>(parse_unet_config(core::read_json(file), file));
  load(*network, model / "unet" / kWeights);
  return network;
}

std::shared_ptr<ClipText> load_clip_text(const std::filesystem::path& model) {
  const std::filesystem::path file = model / "text_encoder" / "config.json";
  auto network = std::make_shared<ClipText>(parse_clip_text_config(core::read_json(file), file));
  load(*network, model / "text_encoder" / "model.safetensors");
  return network;
}

std::shared_ptr<Autoencoder> load_autoencoder(const std::filesystem::path& model) {
  const std::filesystem::path file = model / "vae" / "config.json";
  auto network =
      std::make_shared<Autoencoder>(parse_autoencoder_config(core::read_json(file), file));
  load(*network, model / "vae" / kWeights);
  return network;
}

void fill_by_recipe(torch::nn::Module& module, std::uint64_t seed, const NamedTensors& calibrated,
                    const std::string& prefix) {
  const torch::NoGradGuard no_grad;
  NamedTensors parameters;
  compute::for_each_parameter(module, [&](const std::string& name, const torch::Tensor& value) {
    parameters.emplace(name, value);
  });
  at::Generator generator = at::detail::createCPUGenerator(seed);
  for (auto& [name, parameter] : parameters) {
    torch::Tensor value = torch::randn(parameter.sizes(), generator);
    if (name.find("embeddings.") != std::string::npos) {
      value *= 0.7;
    } else if (value.dim() > 1) {
      value *= 1.0 / std::sqrt(static_cast<double>(value.numel() / value.size(0)));
    } else if (name.size() > 5 && name.compare(name.size() - 5, 5, ".bias") == 0) {
      value *= 0.1;
    } else {
      value = 1 + 0.2 * value;
    }
    const auto found = calibrated.find(prefix + name);
    parameter.copy_(found == calibrated.end() ? value : found->second);
  }
  module.eval();
}

double largest_difference(const torch::Tensor& a, const torch::Tensor& b) {
  if (a.sizes() != b.sizes()) return std::numeric_limits<double>::infinity();
  const double difference =
      (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max().item<double>();
  return std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
}

}  // namespace ersatz::models
