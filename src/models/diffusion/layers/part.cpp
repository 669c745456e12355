#include "models/diffusion/layers/part.h"

#include <torch/nn/module.h>
#include <torch/types.h>

namespace ersatz::models {

torch::nn::Module& part_at(torch::nn::Module& root, const std::string& path) {
  const std::size_t dot = path.find('.');
  const std::string name = path.substr(0, dot);
  const auto children = root.named_children();
  const auto* found = children.find(name);
  const std::shared_ptr<torch::nn::Module> child =
      found != nullptr ? *found : root.register_module(name, std::make_shared<torch::nn::Module>());
  return dot == std::string::npos ? *child : part_at(*child, path.substr(dot + 1));
}

}  // namespace ersatz::models
