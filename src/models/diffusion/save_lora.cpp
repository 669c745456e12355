#include "models/diffusion/save_lora.h"

#include <fmt/format.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "core/affix.h"
#include "core/error.h"
#include "models/diffusion/finite.h"
#include "models/safetensors.h"

namespace ersatz::models {

namespace {

struct Spelling {
  std::string_view network, down, up;
};

template <std::size_t N>
bool ends_with_any(std::string_view text, const std::array<std::string_view, N>& ends) {
  return std::any_of(ends.begin(), ends.end(),
                     [&](std::string_view end) { return core::ends_with(text, end); });
}

Spelling spelling(const LoraFactor& factor) {
  constexpr std::array<std::string_view, 4> kUNetAttention = {".to_q", ".to_k", ".to_v",
                                                              ".to_out.0"};
  constexpr std::array<std::string_view, 4> kTextAttention = {".q_proj", ".k_proj", ".v_proj",
                                                              ".out_proj"};
  if (factor.target == LoraTarget::kUNet) {
    if (ends_with_any(factor.module, kUNetAttention)) return {"unet", "lora.down", "lora.up"};
    return {"unet", "lora_A", "lora_B"};
  }
  if (ends_with_any(factor.module, kTextAttention)) {
    return {"text_encoder", "lora_linear_layer.down", "lora_linear_layer.up"};
  }
  return {"text_encoder", "lora_A", "lora_B"};
}

}  // namespace

void save_lora(const std::filesystem::path& file, const std::vector<LoraFactor>& factors,
               const std::map<std::string, std::string>& metadata) {
  const torch::NoGradGuard no_grad;
  NamedTensors tensors;
  for (const LoraFactor& factor : factors) {
    const Spelling names = spelling(factor);
    const auto key = [&](std::string_view role) {
      return fmt::format("{}.{}.{}.weight", names.network, factor.module, role);
    };
    const double rank = static_cast<double>(factor.down.size(0));
    const torch::Tensor up = factor.alpha == rank ? factor.up : factor.up * (factor.alpha / rank);
    for (const torch::Tensor& part : {factor.down, up}) {
      if (!all_finite(part.cpu())) {
        throw core::Error::numeric("a factor of the LoRA", factor.module);
      }
    }
    tensors.emplace(key(names.down), factor.down.cpu());
    tensors.emplace(key(names.up), up.cpu());
  }
  std::map<std::string, std::string> all = metadata;
  all.emplace("format", "pt");
  save_safetensors(file, tensors, all);
}

}  // namespace ersatz::models
