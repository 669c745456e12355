#include "models/diffusion/layers/tokens.h"

#include <torch/types.h>

namespace ersatz::models {

torch::Tensor to_tokens(const torch::Tensor& map) {
  return map.permute({0, 2, 3, 1}).reshape({map.size(0), map.size(2) * map.size(3), map.size(1)});
}

torch::Tensor to_map(const torch::Tensor& tokens, std::int64_t height, std::int64_t width) {
  return tokens.reshape({tokens.size(0), height, width, tokens.size(2)}).permute({0, 3, 1, 2});
}

}  // namespace ersatz::models
