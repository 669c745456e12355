#include "models/diffusion/lora.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/error.h"
#include "models/diffusion/finite.h"
#include "models/diffusion/lora_names.h"
#include "models/weights/weights.h"

namespace ersatz::models {

using core::Error;

namespace {

struct Parts {
  torch::Tensor down, up;
  std::optional<double> alpha;
};

std::string first_names(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 10;
  const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kShown));
  std::string text = fmt::format("'{}'", fmt::join(names.begin(), end, "', '"));
  if (names.size() > kShown) text += fmt::format(" and {} more", names.size() - kShown);
  return text;
}

// peft keeps alpha in a file of its own beside the weights; nothing when there is no such file.
std::optional<double> peft_alpha(const std::filesystem::path& weights) {
  const std::filesystem::path file = weights.parent_path() / "adapter_config.json";
  if (!std::filesystem::exists(file)) return std::nullopt;
  const core::Json config = core::read_json(file);
  const auto alpha = config.find("lora_alpha");
  if (alpha == config.end() || !alpha->is_number()) return std::nullopt;
  for (const char* key : {"use_rslora", "use_dora", "alpha_pattern", "rank_pattern"}) {
    const auto other = config.find(key);
    const bool plain =
        other == config.end() || other->is_null() || other->empty() || *other == core::Json(false);
    if (!plain) throw Error::untrusted(file, fmt::format("'{}' is not supported", key));
  }
  return alpha->get<double>();
}

// Throws unless up x down has the shape of the weight.
void check_shapes(const Parts& parts, const torch::Tensor& weight, const std::string& module,
                  const std::filesystem::path& file) {
  const torch::Tensor &down = parts.down, &up = parts.up;
  const bool shaped = down.dim() >= 2 && up.dim() >= 2 && up.size(1) == down.size(0) &&
                      down.size(0) > 0 && up.size(0) == weight.size(0) &&
                      up.numel() == up.size(0) * up.size(1) &&
                      down.numel() == down.size(0) * (weight.numel() / weight.size(0));
  if (!shaped) {
    const auto text = [](const torch::Tensor& tensor) {
      return fmt::format("[{}]", fmt::join(tensor.sizes().vec(), ", "));
    };
    throw Error::untrusted(
        file, fmt::format("factors {} and {} do not fit the weight {} of '{}': the file may be "
                          "for another version of Stable Diffusion",
                          text(up), text(down), text(weight), module));
  }
  if (!down.is_floating_point() || !up.is_floating_point() || !all_finite(down) ||
      !all_finite(up)) {
    throw Error::untrusted(file,
                           fmt::format("the factors of '{}' have NaN or infinite values", module));
  }
}

// scale * alpha / rank * up x down, in the shape of the weight.
torch::Tensor difference(const LoraFactor& factor, const torch::Tensor& weight, double scale) {
  const auto type = weight.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
  const torch::Tensor up = factor.up.to(weight.device(), type).flatten(1);
  const torch::Tensor down = factor.down.to(weight.device(), type).flatten(1);
  const double rank = static_cast<double>(down.size(0));
  return up.matmul(down).mul_(scale * factor.alpha / rank).reshape(weight.sizes());
}

// Other data for a parameter. Anything derived from it (packed copies) is out of date then, which
// its version says.
void replace_data(torch::Tensor& parameter, const torch::Tensor& data) {
  const torch::NoGradGuard no_grad;
  parameter.set_data(data);
  parameter.unsafeGetTensorImpl()->bump_version();
}

}  // namespace

struct LoraMerge::Saved {
  torch::Tensor parameter, data;
};

std::vector<LoraFactor> load_lora(const std::filesystem::path& path, const StableDiffusion& model) {
  const Weights weights = open_weights(path);
  const LoraModules modules(model);
  std::map<std::pair<LoraTarget, std::string>, Parts> found;
  std::vector<std::string> unknown;
  bool peft = false;
  for (const auto& [key, tensor] : weights.tensors) {
    const auto split = split_lora_key(key);
    const auto place = split ? modules.find(split->module) : std::nullopt;
    if (!place) {
      unknown.push_back(key);
      continue;
    }
    peft = peft || key.find(".lora_A.") != std::string::npos;
    Parts& parts = found[{place->target, place->module}];
    const bool twice = split->role == LoraRole::kDown ? parts.down.defined()
                       : split->role == LoraRole::kUp ? parts.up.defined()
                                                      : parts.alpha.has_value();
    if (twice) throw Error::untrusted(path, fmt::format("'{}' is there twice", key));
    if (split->role == LoraRole::kDown) parts.down = tensor;
    if (split->role == LoraRole::kUp) parts.up = tensor;
    if (split->role == LoraRole::kAlpha) {
      const bool number = tensor.numel() == 1 && all_finite(tensor);
      if (!number) throw Error::untrusted(path, fmt::format("'{}' is not a number", key));
      parts.alpha = tensor.item<double>();
    }
  }
  if (!unknown.empty()) {
    throw Error::untrusted(path, fmt::format("{} tensors adapt nothing in this model: {}",
                                             unknown.size(), first_names(unknown)));
  }
  if (found.empty()) throw Error::untrusted(path, "has no tensors");
  const std::optional<double> common_alpha = peft ? peft_alpha(path) : std::nullopt;
  std::vector<LoraFactor> factors;
  for (auto& [place, parts] : found) {
    const auto& [target, module] = place;
    if (!parts.down.defined() || !parts.up.defined()) {
      throw Error::untrusted(
          path, fmt::format("'{}' has no {} factor", module, parts.down.defined() ? "up" : "down"));
    }
    check_shapes(parts, modules.weight(target, module), module, path);
    const double rank = static_cast<double>(parts.down.size(0));
    const double alpha = parts.alpha.value_or(common_alpha.value_or(rank));
    factors.push_back({target, module, parts.down, parts.up, alpha});
  }
  return factors;
}

LoraMerge::LoraMerge(StableDiffusion& model, const std::vector<LoraFactor>& factors, double scale) {
  const torch::NoGradGuard no_grad;
  if (model.unet) model.unet->bring_in();
  if (model.text_encoder) model.text_encoder->bring_in();
  const LoraModules modules(model);
  // All sums first: nothing is changed when one of them fails.
  std::map<std::pair<LoraTarget, std::string>, torch::Tensor> sums;
  for (const LoraFactor& factor : factors) {
    const torch::Tensor weight = modules.weight(factor.target, factor.module);
    torch::Tensor& sum = sums[{factor.target, factor.module}];
    if (!sum.defined()) sum = torch::zeros(weight.sizes(), weight.options().dtype(torch::kFloat32));
    sum = sum + difference(factor, weight, scale);
  }
  for (auto& [place, sum] : sums) {
    const torch::Tensor weight = modules.weight(place.first, place.second);
    torch::Tensor merged = torch::empty_like(weight);  // keeps the memory order
    merged.copy_(weight.to(sum.scalar_type()) + sum);
    if (merged.device().is_cpu() && !all_finite(merged)) {
      throw Error::usage(
          fmt::format("merging with scale {} makes the weight of '{}' too large for "
                      "its type",
                      scale, place.second));
    }
    sum = merged;
  }
  for (const auto& [place, merged] : sums) {
    torch::Tensor parameter = modules.weight(place.first, place.second);
    saved_.push_back({parameter, parameter.detach()});
    replace_data(parameter, merged);
  }
}

LoraMerge::~LoraMerge() = default;

void LoraMerge::unmerge() {
  for (Saved& saved : saved_) replace_data(saved.parameter, saved.data);
  saved_.clear();
}

}  // namespace ersatz::models
