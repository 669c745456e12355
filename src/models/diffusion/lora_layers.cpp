#include "models/diffusion/lora_layers.h"

#include <fmt/format.h>
#include <torch/nn/module.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>
#include <utility>

#include "compute/random_rows.h"
#include "core/error.h"
#include "core/suggest.h"
#include "models/diffusion/layers/linear.h"

namespace ersatz::models {

using core::Error;

namespace {

struct FoundLayer {
  std::string path;
  std::shared_ptr<Linear> layer;
};

std::vector<FoundLayer> linear_layers(const torch::nn::Module& network) {
  std::vector<FoundLayer> found;
  for (const auto& item : network.named_modules("", /*include_self=*/false)) {
    if (auto layer = std::dynamic_pointer_cast<Linear>(item.value())) {
      found.push_back({item.key(), std::move(layer)});
    }
  }
  return found;
}

// As peft does: the whole path, or what follows one of its dots.
bool names(const std::string& target, const std::string& path) {
  if (target.size() > path.size()) return false;
  const std::size_t at = path.size() - target.size();
  return path.compare(at, target.size(), target) == 0 && (at == 0 || path[at - 1] == '.');
}

// What somebody would call the layer: "to_q", "to_out.0".
std::string short_name(const std::string& path) {
  std::size_t at = path.rfind('.');
  const bool number = at != std::string::npos &&
                      std::all_of(path.begin() + static_cast<std::ptrdiff_t>(at) + 1, path.end(),
                                  [](unsigned char c) { return std::isdigit(c) != 0; });
  if (number && at > 0) at = path.rfind('.', at - 1);
  return at == std::string::npos ? path : path.substr(at + 1);
}

void require_known(const std::vector<std::string>& targets, const std::vector<FoundLayer>& layers,
                   const char* network) {
  for (const std::string& target : targets) {
    const bool known = std::any_of(layers.begin(), layers.end(), [&](const FoundLayer& found) {
      return names(target, found.path);
    });
    if (known) continue;
    std::set<std::string> words;
    for (const FoundLayer& found : layers) words.insert(short_name(found.path));
    throw core::unknown_name(fmt::format("linear layer of the {}", network), target,
                             {words.begin(), words.end()});
  }
}

torch::Tensor first_down(const LoraSettings& settings, std::int64_t inputs, std::uint64_t seed,
                         const std::string& stream) {
  if (settings.init == LoraInit::kGaussian) {
    return compute::normal_rows(settings.rank, {inputs}, seed, stream)
        .div_(static_cast<double>(settings.rank));
  }
  const auto bound = static_cast<float>(1.0 / std::sqrt(static_cast<double>(inputs)));
  return compute::uniform_rows(settings.rank, {inputs}, -bound, bound, seed, stream);
}

const char* network_name(LoraTarget target) {
  return target == LoraTarget::kUNet ? "unet" : "text_encoder";
}

}  // namespace

LoraInit parse_lora_init(std::string_view text) {
  if (text == "kaiming") return LoraInit::kKaiming;
  if (text == "gaussian") return LoraInit::kGaussian;
  throw core::unknown_name("initialisation", text, {"kaiming", "gaussian"});
}

std::string_view lora_init_name(LoraInit init) {
  return init == LoraInit::kKaiming ? "kaiming" : "gaussian";
}

void check(const LoraSettings& settings) {
  if (settings.rank < 1) {
    throw Error::usage(fmt::format("a LoRA of rank {}: the rank is at least 1", settings.rank));
  }
  if (!(settings.alpha >= 0) || !std::isfinite(settings.alpha)) {
    throw Error::usage(
        fmt::format("a LoRA's alpha must be a positive number, not {}", settings.alpha),
        "0 stands for the rank");
  }
  if (settings.unet_targets.empty()) throw Error::usage("a LoRA needs layers that it adapts");
}

struct LoraLayers::Layer {
  LoraTarget target;
  std::string module;
  std::shared_ptr<Linear> layer;
  std::shared_ptr<const LowRankTerm> term;
};

LoraLayers::LoraLayers(const StableDiffusion& model, const LoraSettings& settings,
                       bool text_encoder, std::uint64_t seed)
    : unet_(model.unet), text_encoder_(model.text_encoder), settings_(settings) {
  check(settings);
  const auto add = [&](LoraTarget target, const torch::nn::Module& network,
                       const std::vector<std::string>& targets) {
    const std::vector<FoundLayer> found = linear_layers(network);
    require_known(targets, found, target == LoraTarget::kUNet ? "UNet" : "text encoder");
    for (const FoundLayer& place : found) {
      const bool wanted = std::any_of(targets.begin(), targets.end(), [&](const std::string& name) {
        return names(name, place.path);
      });
      if (!wanted) continue;
      const torch::Tensor& weight = place.layer->weight();
      const std::string stream = fmt::format("lora/{}/{}", network_name(target), place.path);
      auto term = std::make_shared<LowRankTerm>();
      term->down = first_down(settings, weight.size(1), seed, stream)
                       .to(weight.device())
                       .set_requires_grad(true);
      term->up = torch::zeros({weight.size(0), settings.rank},
                              weight.options().dtype(torch::kFloat32).requires_grad(true));
      term->scale = settings.scale();
      layers_.push_back({target, place.path, place.layer, std::move(term)});
    }
  };
  add(LoraTarget::kUNet, *unet_, settings.unet_targets);
  if (text_encoder) add(LoraTarget::kTextEncoder, *text_encoder_, settings.text_targets);
  for (const Layer& layer : layers_) layer.layer->set_low_rank(layer.term);
  unet_->forget_recordings();
}

LoraLayers::~LoraLayers() {
  for (const Layer& layer : layers_) layer.layer->set_low_rank(nullptr);
  unet_->forget_recordings();
}

NamedTensors LoraLayers::parameters() const {
  NamedTensors all;
  for (const Layer& layer : layers_) {
    const std::string name = fmt::format("{}/{}", network_name(layer.target), layer.module);
    all.emplace(name + "/down", layer.term->down);
    all.emplace(name + "/up", layer.term->up);
  }
  return all;
}

std::vector<LoraFactor> LoraLayers::factors() const {
  const torch::NoGradGuard no_grad;
  std::vector<LoraFactor> all;
  for (const Layer& layer : layers_) {
    const auto copy = [&](const torch::Tensor& factor) {
      const torch::Tensor plain = factor.detach().to(torch::kCPU, false, /*copy=*/true);
      return layer.layer->weight().dim() == 4 ? plain.unsqueeze(-1).unsqueeze(-1) : plain;
    };
    all.push_back({layer.target, layer.module, copy(layer.term->down), copy(layer.term->up),
                   settings_.scale() * static_cast<double>(settings_.rank)});
  }
  return all;
}

}  // namespace ersatz::models
